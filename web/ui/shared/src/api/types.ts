// The names by which the apps know the generated types: those of the JSON
// routes from the server's OpenAPI document, those of the socket from
// web/protocol.proto.
import type { components } from '../gen/api.ts'
import type { Event } from '../gen/frames.ts'

export type { Event, State, Author, Source, Button, Typing } from '../gen/frames.ts'

type Schemas = components['schemas']

export type Agent = Schemas['AgentAccount']
export type Article = Schemas['Article']
export type ArticlePage = Schemas['ArticlePage']
export type ArticleRow = Schemas['ArticleSummary']
export type AskResult = Schemas['Asked']
export type Contact = Schemas['Contact']
export type Conversation = Schemas['Conversation']
export type InboxPage = Schemas['InboxPage']
export type Me = Schemas['Me']
export type QueuePosition = Schemas['QueueStand']
export type Unread = Schemas['Unread']
export type SignedIn = Schemas['SignedIn']
export type Stats = Schemas['Stats']
export type Team = Schemas['Team']
export type Translations = Schemas['Translations']
export type VisitorSession = Schemas['VisitorSession']
export type VisitorState = Schemas['VisitorState']

export type Owner = Conversation['owner']
export type Presence = Me['presence']
export type Status = Conversation['status']
export type View = keyof Schemas['InboxCounts']

/** A page of a conversation's log. Its events are the socket's. */
export interface History { events: Event[], last_seq: number }

export type Gap = Schemas['Gap']
export type GapDetail = Schemas['GapDetail']
export type GapPage = Schemas['GapPage']
export type BotReport = Schemas['BotReport']
export type AuditWeek = Schemas['AuditWeek']

export type ImportRun = Schemas['ImportRun']

export type Why = Schemas['Why']
export type Packet = Schemas['Packet']
export type BotSetting = Schemas['BotSetting']
export type BotRun = Schemas['BotRun']
export type BotRunList = Schemas['BotRunList']
export type BotRunRow = Schemas['BotRunRow']
export type BotRunRows = Schemas['BotRunRows']
export type BotCurves = Schemas['BotCurveList']
export type BotDrafts = Schemas['BotDrafts']
export type RiskCurve = Schemas['RiskCurve']
export type SavedQuestion = Schemas['SavedQuestion']
export type SavedQuestions = Schemas['SavedQuestionList']
export type TurnOutcome = Schemas['TurnOutcome']

export type Suggestions = Schemas['Suggestions']
export type Suggestion = Schemas['Suggestion']
export type CannedReply = Schemas['CannedReply']
export type CannedList = Schemas['CannedList']
export type Judgement = Schemas['Judgement']
export type Promoted = Schemas['Promoted']
export type Summary = Schemas['Summary']

export type ArticleDesk = Schemas['ArticleDesk']
export type ArticleDiff = Schemas['ArticleDiff']
export type ArticleDraft = Schemas['ArticleDraft']
export type ArticleVersion = Schemas['ArticleVersion']
export type ArticleVersions = Schemas['ArticleVersions']
export type BoardPage = Schemas['Board']
export type BoardRow = Schemas['BoardRow']
export type DeskTranslation = Schemas['DeskTranslation']
export type FieldDiff = Schemas['FieldDiff']
export type LintReport = Schemas['LintReport']
export type LintWarning = Schemas['LintWarning']
export type PastedWords = Schemas['PastedWords']
export type PublishedArticles = Schemas['PublishedArticles']
export type SitePeople = Schemas['SitePeople']
export type WordGroup = Schemas['WordGroup']
export type WordList = Schemas['WordList']

export type RoutingQueue = Schemas['RoutingQueue']
export type RoutingWaiting = Schemas['RoutingWaiting']
export type RoutingAgent = Schemas['RoutingAgent']
export type RoutingAgents = Schemas['RoutingAgents']
export type RoutingSkill = Schemas['RoutingSkill']
export type RoutingTeams = Schemas['RoutingTeams']
export type RoutingTeam = Schemas['RoutingTeam']
export type RoutingRules = Schemas['RoutingRules']
export type RoutingRuleSet = Schemas['RoutingRuleSet']
export type RoutingStep = Schemas['RoutingStep']
export type RoutingRule = Schemas['RoutingRule']
export type RoutingStrategy = Schemas['RoutingStrategy']
export type RoutingExplanation = Schemas['RoutingExplanation']
export type RoutingReason = Schemas['RoutingReason']
export type RoutingRejection = Schemas['RoutingRejection']
export type RoutingState = Schemas['RoutingState']
export type Invitation = Schemas['Invitation']
/** Business hours as people write them. */
export type Hours = Schemas['Spec']
