// Generated from the server's OpenAPI document by `npm run generate:api`; do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AddBotRunInputBody: {
            /** @description With every working copy as it is now */
            all_drafts?: boolean;
            /**
             * Format: double
             * @description With this threshold to answer; 0 = learnt
             */
            answer?: number;
            /** Format: double */
            clarify?: number;
            /**
             * Format: int64
             * @description Of a replay: the last days; 7 if left out
             */
            days?: number;
            /** @description With these working copies */
            drafts?: components["schemas"]["DraftRef"][];
            /** @enum {string} */
            kind: "replay" | "questions";
            /**
             * Format: int64
             * @description Of a replay: the newest turns at most; 2,000 if left out
             */
            limit?: number;
            /** Format: int64 */
            max_clarifications?: number;
        };
        AddTeamInputBody: {
            /** Format: int32 */
            department: number;
            /** @description User ids */
            members: string[];
            name: string;
        };
        AgentAccount: {
            email: string;
            id: string;
            /** @enum {string} */
            locale: "zh-CN" | "en";
            name: string;
            /** @enum {string} */
            role: "agent" | "admin";
        };
        AgentEditInputBody: {
            /** @description A UUIDv7 made by the client for this change */
            cid: string;
            /** @description The new text, 1–10,000 characters */
            content?: string;
            conversation: string;
            /** @description Remove the text instead */
            remove?: boolean;
            /**
             * Format: int32
             * @description The own message or note
             */
            seq: number;
        };
        AgentSendInputBody: {
            /**
             * Format: int32
             * @description The last seq that the agent had seen: when another agent has replied after it, nothing is stored (newer_reply)
             */
            base_seq?: number;
            /** @description A UUIDv7 made by the client; the same one is stored once */
            cid: string;
            /** @description 1–10,000 characters */
            content: string;
            conversation: string;
            /** @description Notes: the ids of the agents whom it mentions */
            mentions?: string[] | null;
            /** @description The suggested reply that it was made of */
            suggestion?: string;
            /**
             * @description A note is for agents only
             * @default text
             * @enum {string}
             */
            type: "text" | "note";
        };
        AnswerOfferInputBody: {
            accept: boolean;
        };
        APIKey: {
            /** Format: date-time */
            created_at: string;
            /** @description User id, or system for the command line */
            created_by: string;
            /** Format: date-time */
            expires_at: string | null;
            id: string;
            /**
             * Format: date-time
             * @description To the minute
             */
            last_used_at: string | null;
            name: string;
            permissions: string[];
            /**
             * @description The secret's beginning, to recognise it by
             * @example fd_3kTq90Zb
             */
            prefix: string;
            /**
             * Format: int64
             * @description 0: the server's limit
             */
            requests_per_minute: number;
            /** Format: date-time */
            revoked_at: string | null;
            /** @description The site's key */
            site: string;
            /**
             * Format: int64
             * @description 0: the server's limit
             */
            tokens_per_minute: number;
        };
        ApiKeyInputBody: {
            /**
             * Format: date-time
             * @description Left out: never
             */
            expires_at?: string;
            name: string;
            /**
             * Format: int64
             * @description 0: the server's limit
             */
            requests_per_minute?: number;
            /** @description The site's key; defaults to the first one in scope */
            site?: string;
            /**
             * Format: int64
             * @description 0: the server's limit
             */
            tokens_per_minute?: number;
        };
        APIKeyList: {
            keys: components["schemas"]["APIKey"][];
        };
        ApplyImportInputBody: {
            /** @description Make working copies of what would be published */
            drafts?: boolean;
        };
        Article: {
            answer: string;
            /**
             * @description Whom it is for; who may see a level sees the lower ones
             * @enum {string}
             */
            audience: "public" | "customers" | "staff";
            /**
             * Format: int32
             * @description 0 = every department of the site
             */
            department: number;
            /**
             * Format: date-time
             * @description When it is unpublished by itself; null = never
             */
            expires_at: string | null;
            /**
             * Format: double
             * @description Least confidence with which the bot says it; 0 = the site's threshold
             */
            floor: number;
            /** @description The bot never says it: whoever asks for it goes to a person */
            handover: boolean;
            id: string;
            locale: string;
            /** @description Ids of articles offered under the answer */
            next: string[];
            /** @description User id of who keeps it right; empty = nobody */
            owner: string;
            questions: string[];
            /**
             * Format: date-time
             * @description When somebody should read it again; null = never
             */
            review_at: string | null;
            tags: string[];
            title: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: int32 */
            version: number;
        };
        ArticleDesk: {
            id: string;
            /** @description In which the site has published articles */
            locales: string[];
            /** @description By language; only those of which there is anything */
            translations: components["schemas"]["DeskTranslation"][];
        };
        ArticleDiff: {
            /** @description Those that differ, in the order of the editor */
            fields: components["schemas"]["FieldDiff"][];
        };
        ArticleDraft: {
            answer: string;
            /** Format: int64 */
            attempts: number;
            /**
             * @description Whom it is for; who may see a level sees the lower ones
             * @enum {string}
             */
            audience: "public" | "customers" | "staff";
            /**
             * Format: int32
             * @description The published version that it was made from; 0 = there was none
             */
            base: number;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: int32
             * @description 0 = every department of the site
             */
            department: number;
            /** @description User id of who changed it last */
            editor: string;
            /**
             * Format: date-time
             * @description When it is unpublished by itself; null = never
             */
            expires_at: string | null;
            /** @description Why the last attempt failed: conflict, invalid, model, gone, internal */
            failure: string;
            /**
             * Format: double
             * @description Least confidence with which the bot says it; 0 = the site's threshold
             */
            floor: number;
            /** @description The bot never says it: whoever asks for it goes to a person */
            handover: boolean;
            /** @description The change concerns no other translation */
            minor: boolean;
            /** @description Ids of articles offered under the answer */
            next: string[];
            /** @description What the reviewer or the submitter said */
            note: string;
            /** @description User id of who keeps it right; empty = nobody */
            owner: string;
            /** Format: date-time */
            publish_at: string | null;
            questions: string[];
            /**
             * Format: date-time
             * @description When publishing is tried next
             */
            retry_at: string | null;
            /**
             * Format: date-time
             * @description When somebody should read it again; null = never
             */
            review_at: string | null;
            reviewer: string;
            /**
             * Format: int64
             * @description Rises with every change; sent back with the next one
             */
            revision: number;
            /** @enum {string} */
            state: "draft" | "review" | "scheduled";
            submitter: string;
            tags: string[];
            title: string;
            /** Format: date-time */
            updated_at: string;
        };
        ArticlePage: {
            items: components["schemas"]["ArticleSummary"][];
            /** @description Cursor of the next page; empty on the last */
            next: string;
            /** Format: int64 */
            total: number;
        };
        ArticleSummary: {
            id: string;
            locale: string;
            /** @description Of all its translations */
            locales: string[];
            /** Format: int64 */
            questions_count: number;
            tags: string[];
            title: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: int32 */
            version: number;
        };
        ArticleVersion: {
            /** Format: date-time */
            at: string;
            /** @description User id, or system */
            author: string;
            /** @description It is the one that is said */
            published: boolean;
            /**
             * Format: int32
             * @description The version whose content it has again; 0 = its own
             */
            restored_from: number;
            title: string;
            /** Format: int32 */
            version: number;
        };
        ArticleVersions: {
            versions: components["schemas"]["ArticleVersion"][];
        };
        Asked: {
            /** @enum {string} */
            action: "answer" | "clarify" | "handover" | "reply";
            buttons: components["schemas"]["AskedButton"][];
            /** @description The best articles, with what speaks for them */
            candidates: components["schemas"]["AskedCandidate"][];
            /**
             * Format: double
             * @description That the first candidate is right, 0–1
             */
            confidence: number;
            locale: string;
            reason: string;
            source: components["schemas"]["AskedSource"] | null;
            /** @description What the bot would say */
            text: string;
            /** Format: double */
            took_ms: number;
            /** @description Features, thresholds, times; for reading, not for programs */
            trace: {
                [key: string]: unknown;
            };
            /** @description As of a conversation's row: what the decision was made of */
            why: components["schemas"]["Why"];
        };
        AskedButton: {
            id: string;
            kind: string;
            label: string;
        };
        AskedCandidate: {
            article: string;
            /**
             * Format: double
             * @description Both legs together, without head and pair model
             */
            base: number;
            /**
             * Format: double
             * @description Of the words, relative to the best candidate
             */
            bm25: number;
            /**
             * Format: double
             * @description Of the letter groups
             */
            char: number;
            /**
             * Format: double
             * @description Of the embeddings
             */
            cosine: number;
            /** @description The question is this text */
            exact: boolean;
            /**
             * Format: double
             * @description Probability by what was learnt from the articles; 0 without
             */
            head: number;
            /** @description Of the text that matched: question, title or passage */
            kind: string;
            locale: string;
            /**
             * Format: double
             * @description Probability by the model that reads both; 0 if it was not asked
             */
            pair: number;
            /**
             * Format: int64
             * @description Place by the embeddings, from 1; 0 = not found by them
             */
            rank_dense: number;
            /**
             * Format: int64
             * @description Place in the end
             */
            rank_final: number;
            /**
             * Format: int64
             * @description Place by both
             */
            rank_fused: number;
            /**
             * Format: int64
             * @description Place by the words
             */
            rank_lexical: number;
            /**
             * Format: double
             * @description All scores together; an exact match stands above 1
             */
            score: number;
            /** @description The text that matched best, normalised */
            variant: string;
        };
        AskedSource: {
            article: string;
            locale: string;
            title: string;
            /** Format: int32 */
            version: number;
        };
        AskInputBody: {
            /**
             * @description What the asker may see; public if left out
             * @enum {string}
             */
            audience?: "public" | "customers" | "staff";
            /**
             * Format: int32
             * @description The department that is asked; 0 = all that the caller may see
             */
            department?: number;
            /** @description With the unpublished working copies in place; for admins */
            drafts?: boolean;
            /** @description The visitor's language, for texts that show none */
            locale?: string;
            /** @description Earlier questions, oldest first */
            previous?: string[];
            site?: string;
            text: string;
        };
        AttributesInputBody: {
            items: components["schemas"]["ContactAttribute"][];
            /** @description The site's key; defaults to the first in scope */
            site?: string;
        };
        AuditedAnswer: {
            /** @description Markdown, as it was said */
            answer: string;
            article: string;
            /** Format: date-time */
            at: string;
            /** Format: double */
            confidence: number;
            conversation: string;
            judge: string;
            question: string;
            /** Format: int32 */
            seq: number;
            title: string;
            /**
             * @description Empty: not judged yet
             * @enum {string}
             */
            verdict: "" | "right" | "wrong" | "partly";
        };
        AuditEntry: {
            /** @example conversations.export */
            action: string;
            /** @description User id, or system */
            actor: string;
            /** @description Empty for the system and for who is gone */
            actor_name: string;
            /** Format: date-time */
            at: string;
            detail: string;
            /** Format: int64 */
            id: number;
            /** @description What it was done to */
            object: string;
            /** @description Empty: of no site */
            site: string;
        };
        AuditJudgeInputBody: {
            conversation: string;
            /** Format: int32 */
            seq: number;
            site?: string;
            /**
             * @description Empty takes it back
             * @enum {string}
             */
            verdict: "" | "right" | "wrong" | "partly";
        };
        AuditList: {
            /** @description The acts that there are */
            actions: string[];
            /**
             * Format: int64
             * @description before of the next page; 0 on the last
             */
            next: number;
            rows: components["schemas"]["AuditEntry"][];
        };
        AuditWeek: {
            answers: components["schemas"]["AuditedAnswer"][];
            /** @description At least 20 are judged */
            enough: boolean;
            /** Format: date-time */
            from: string;
            /**
             * Format: double
             * @description and below this; 1 while nothing is judged
             */
            high: number;
            /** Format: int64 */
            judged: number;
            /**
             * Format: double
             * @description The share of wrong answers lies above, with 95 % confidence (Wilson)
             */
            low: number;
            /** Format: int64 */
            partly: number;
            /**
             * Format: int64
             * @description Answers of the week, of which these were drawn
             */
            total: number;
            /** @example 2026-W47 */
            week: string;
            /** Format: int64 */
            wrong: number;
        };
        Author: {
            id?: string;
            kind?: string;
            name?: string;
        };
        BlockEntries: {
            /** @description The newest 500 */
            items: components["schemas"]["BlockEntry"][];
        };
        BlockEntry: {
            contact: components["schemas"]["Contact"] | null;
            /** Format: date-time */
            created_at: string;
            /** @description A person's name */
            creator: string;
            domain: string;
            /**
             * Format: date-time
             * @description null: never
             */
            expires_at: string | null;
            id: string;
            /** @enum {string} */
            kind: "contact" | "address" | "email_domain";
            /** Format: date-time */
            lifted_at: string | null;
            lifter: string;
            /** @description Whether it holds now */
            live: boolean;
            /** @description An address or a network; empty for other kinds */
            prefix: string;
            reason: string;
            /** @description The site's key */
            site: string;
        };
        BlockInputBody: {
            /** @description Contact id */
            contact?: string;
            /**
             * @description Of e-mail addresses, with its subdomains
             * @example example.com
             */
            domain?: string;
            /**
             * Format: date-time
             * @description Left out: never
             */
            expires_at?: string;
            /** @enum {string} */
            kind: "contact" | "address" | "email_domain";
            /**
             * @description An IP address, or a network
             * @example 203.0.113.0/24
             */
            prefix?: string;
            /** @description For colleagues */
            reason?: string;
            /** @description The site's key, of an address or a domain; defaults to the first in scope */
            site?: string;
        };
        Board: {
            /** @description Translations by filter; the empty name = without a filter */
            counts: {
                [key: string]: number;
            };
            items: components["schemas"]["BoardRow"][];
            /** @description In which the site has published articles */
            locales: string[];
            /** @description Cursor of the next page; empty on the last */
            next: string;
        };
        BoardRow: {
            /** @enum {string} */
            audience: "public" | "customers" | "staff";
            /**
             * Format: int32
             * @description 0 = every department
             */
            department: number;
            editor: string;
            /** @description archived, expired or empty */
            ended: string;
            /** Format: date-time */
            expires_at: string | null;
            /** @description Why it could not be published at its hour: conflict, invalid, model, gone, internal; empty = it could, or was not tried */
            failure: string;
            id: string;
            locale: string;
            /** @description Languages of the site that the article has not */
            missing: string[];
            /** @description Another translation was changed since */
            outdated: boolean;
            owner: string;
            /** Format: date-time */
            publish_at: string | null;
            /**
             * Format: int32
             * @description The version that is said; 0 = none is
             */
            published: number;
            /** Format: int64 */
            questions: number;
            /** Format: date-time */
            review_at: string | null;
            /** Format: int64 */
            revision: number;
            /** @description Of the working copy: draft, review, scheduled; empty = there is none */
            state: string;
            tags: string[];
            /** @description Of the working copy, if there is one */
            title: string;
            /** Format: date-time */
            updated_at: string;
        };
        BotConfigured: {
            /**
             * Format: double
             * @description 0 = learnt from the articles
             */
            answer: number;
            /**
             * Format: double
             * @description 0 = learnt from the articles
             */
            clarify: number;
            /** Format: int64 */
            max_clarifications: number;
        };
        BotCurveList: {
            curves: components["schemas"]["RiskCurve"][];
            /**
             * Format: double
             * @description The threshold that is learnt from the articles; 0 = too few to learn from
             */
            learnt: number;
        };
        BotDrafts: {
            drafts: components["schemas"]["DraftRef"][];
        };
        BotReport: {
            /** @description Questions answered with an article */
            answer_rate: components["schemas"]["ReportShare"];
            /** @description The first hundred that want a look */
            articles: components["schemas"]["ReportArticle"][];
            bot_first_response: components["schemas"]["ReportSpan"];
            bot_handling: components["schemas"]["ReportSpan"];
            /** @description Searched questions whose decision was taken before */
            cache_hits: components["schemas"]["ReportShare"];
            /** @description Questions back whose next turn was an answer */
            clarify_success: components["schemas"]["ReportShare"];
            days: components["schemas"]["ReportDay"][];
            /** Format: date-time */
            from: string;
            /** Format: int64 */
            handovers: number;
            /** @description Votes for answers, of all votes */
            helpful: components["schemas"]["ReportShare"];
            /** @description Conversations in which the bot said something, of all in which a visitor wrote */
            involvement: components["schemas"]["ReportShare"];
            /** @description Answer rate by language */
            locales: {
                [key: string]: components["schemas"]["ReportShare"];
            };
            /** @description From the hand-over */
            person_first_response: components["schemas"]["ReportSpan"];
            person_handling: components["schemas"]["ReportSpan"];
            /** @description Hand-overs by reason */
            reasons: {
                [key: string]: number;
            };
            resolution: components["schemas"]["ReportResolution"];
            /**
             * Format: int64
             * @description How many do
             */
            stale: number;
            suggestions: components["schemas"]["ReportSource"][];
            /** Format: date-time */
            to: string;
        };
        BotRun: {
            /**
             * Format: double
             * @description The threshold tried; null = as set
             */
            answer: number | null;
            /** Format: double */
            clarify: number | null;
            /** Format: date-time */
            created_at: string;
            /** Format: int64 */
            days: number;
            /** Format: int64 */
            done: number;
            drafts: components["schemas"]["DraftRef"][];
            /** Format: date-time */
            ended_at: string | null;
            id: string;
            /** @enum {string} */
            kind: "replay" | "questions";
            /** Format: int64 */
            max_clarifications: number | null;
            /** @description Of a failed one: model, drafts, too_big, crashed or internal */
            problem: string;
            site: string;
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "cancelled" | "failed";
            summary: components["schemas"]["RunSummary"] | null;
            /** Format: int64 */
            total: number;
            /**
             * Format: double
             * @description Per cent of the searched questions that would be served worse
             */
            worse_percent: number;
        };
        BotRunList: {
            runs: components["schemas"]["BotRun"][];
        };
        BotRunRow: {
            after: components["schemas"]["TurnOutcome"];
            before: components["schemas"]["TurnOutcome"] | null;
            /** @enum {string} */
            change: "answered" | "handed_over" | "asked_back" | "other_article" | "other_offers" | "reply" | "pass" | "fail";
            /** @description Empty for a saved question */
            conversation: string;
            /** Format: int64 */
            n: number;
            question: string;
            /**
             * Format: int64
             * @description Id of the saved question
             */
            saved: number;
            /** Format: int32 */
            seq: number;
            worse: boolean;
        };
        BotRunRows: {
            rows: components["schemas"]["BotRunRow"][];
            /** @description Of the articles named, as published now */
            titles: {
                [key: string]: string;
            };
            /**
             * Format: int64
             * @description Of all pages
             */
            total: number;
        };
        BotSetting: {
            /**
             * Format: double
             * @description Least confidence to answer with; 0 = configured or learnt
             */
            answer: number;
            /**
             * Format: double
             * @description Least probability that anything answers; 0 = configured or learnt
             */
            clarify: number;
            /** @description What the installation sets, where the site sets nothing */
            configured: components["schemas"]["BotConfigured"];
            /** @description Working copies are published from the console only after a replay */
            gate_on: boolean;
            /**
             * Format: double
             * @description Per cent of the replayed answers that may change for the worse
             */
            gate_worse: number;
            /** @description A text generator may reword answers */
            generator: boolean;
            /** @description Business hours; null = not known */
            hours: components["schemas"]["Spec"] | null;
            /**
             * Format: int64
             * @description 0 = configured
             */
            max_clarifications: number;
            /**
             * @description shadow: decides and stores why, says nothing; off: straight to people
             * @enum {string}
             */
            mode: "live" | "shadow" | "off";
            /**
             * Format: int64
             * @description Of conversations that the bot serves; the rest goes straight to people
             */
            percent: number;
            /**
             * Format: double
             * @description Least confidence of a suggested reply; 0 = the default
             */
            suggest: number;
            /** Format: date-time */
            updated_at: string | null;
            /**
             * Format: int64
             * @description Send it back when saving; refused with conflict when somebody else saved since. 0 = nothing is set yet
             */
            version: number;
        };
        BotSettingInputBody: {
            /** Format: double */
            answer: number;
            /** Format: double */
            clarify: number;
            gate_on: boolean;
            /** Format: double */
            gate_worse: number;
            generator: boolean;
            hours?: components["schemas"]["Spec"];
            /** Format: int64 */
            max_clarifications: number;
            /** @enum {string} */
            mode: "live" | "shadow" | "off";
            /** Format: int64 */
            percent: number;
            /** Format: double */
            suggest: number;
            /** Format: int64 */
            version: number;
        };
        Button: {
            id?: string;
            kind?: string;
            label?: string;
        };
        CannedBody: {
            /**
             * @default mine
             * @enum {string}
             */
            place: "site" | "team" | "mine";
            shortcut: string;
            /** @description Key of the site; a reply stays where it was made */
            site?: string;
            /** @description Team id, of place team */
            team?: string;
            /** @description By language; {{visitor.name}}, {{visitor.email}} and {{agent.name}} are filled in */
            texts: {
                [key: string]: string;
            };
            title: string;
            /**
             * Format: int32
             * @description The one that was edited; 0 = whatever there is
             */
            version?: number;
        };
        CannedList: {
            items: components["schemas"]["CannedReply"][];
            /** @description What a text may hold, in double braces */
            variables: string[];
        };
        CannedReply: {
            /** @description The caller may change it */
            editable: boolean;
            /** Format: int64 */
            id: number;
            /**
             * @description Who sees it
             * @enum {string}
             */
            place: "site" | "team" | "mine";
            /** @description What is typed after / */
            shortcut: string;
            /** @description The site's key */
            site: string;
            /** @description Team id */
            team?: string;
            /** @description By language */
            texts: {
                [key: string]: string;
            };
            title: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: int32 */
            version: number;
        };
        ChoiceSite: {
            /** @description Those in scope */
            departments: components["schemas"]["SiteDepartment"][];
            key: string;
            name: string;
        };
        ClaimInputBody: {
            /**
             * Format: int32
             * @description Refuse with stale unless this is still the owner epoch
             */
            owner_epoch?: number;
        };
        Contact: {
            email: string;
            id: string;
            /** @description The site vouched for who they are */
            identified: boolean;
            locale: string;
            name: string;
        };
        ContactAttribute: {
            /** @description The page may set it without a signature: do not believe it */
            from_page?: boolean;
            /** @description Small letters, digits, underscores */
            key: string;
            label_en?: string;
            label_zh?: string;
            /** @description Of a choice */
            options?: string[];
            /** @enum {string} */
            type: "text" | "number" | "boolean" | "date" | "choice" | "link";
        };
        ContactAttributes: {
            items: components["schemas"]["ContactAttribute"][];
            /** @description The site's key */
            site: string;
        };
        ContactCard: {
            /** @description By key; see contact-attributes */
            attributes: {
                [key: string]: unknown;
            };
            /** @description By an entry about the contact itself */
            blocked: boolean;
            /** @description Entries about the contact that hold now; empty in lists */
            blocks: components["schemas"]["BlockEntry"][];
            /**
             * Format: int64
             * @description Within the caller's scope
             */
            conversations: number;
            /** Format: date-time */
            created_at: string;
            email: string;
            /** @description What the site calls them; empty unless it vouched for that */
            external_id: string;
            id: string;
            /** @description The site vouched for who they are */
            identified: boolean;
            /** Format: date-time */
            identified_at: string | null;
            locale: string;
            /** @description Contacts that were merged into this one by hand; empty in lists */
            merged: components["schemas"]["Contact"][];
            name: string;
            phone: string;
            place: components["schemas"]["ContactPlace"];
            /** Format: date-time */
            seen_at: string;
            /** @description The site's key */
            site: string;
            spam: components["schemas"]["ContactSpam"];
            /**
             * Format: int32
             * @description Sent back with a change
             */
            version: number;
            /** Format: int64 */
            visits: number;
        };
        ContactCards: {
            items: components["schemas"]["ContactCard"][];
            /** @description Cursor of the next page; empty on the last */
            next: string;
        };
        ContactPlace: {
            /** @description Network address; of IPv6 the /64. Empty: not known */
            address: string;
            page: string;
            referrer: string;
            time_zone: string;
            title: string;
            user_agent: string;
        };
        ContactSpam: {
            /** @description A person said that it is none */
            cleared: boolean;
            /** @description High enough to say so */
            likely: boolean;
            reasons: components["schemas"]["SpamReason"][];
            /**
             * Format: double
             * @description 0–1
             */
            score: number;
        };
        ContactTimeline: {
            items: components["schemas"]["Conversation"][];
            /** @description Cursor of the next page; empty on the last */
            next: string;
        };
        ContextInputBody: {
            /** @description Those that the site lets its pages set; others are ignored */
            attributes?: {
                [key: string]: unknown;
            };
            /** @description Address of the page; cut to 2000 characters */
            page?: string;
            /** @description Where the visitor came from; cut to 2000 characters */
            referrer?: string;
            /**
             * @description IANA name of the time zone
             * @example Europe/Berlin
             */
            time_zone?: string;
            /** @description Its title; cut to 300 characters */
            title?: string;
        };
        ContextTaken: {
            /** @description Attributes that the site does not keep, does not let pages set, or of another type */
            ignored: string[];
        };
        Conversation: {
            assignee: components["schemas"]["Person"] | null;
            contact: components["schemas"]["Contact"];
            /** Format: date-time */
            created_at: string;
            id: string;
            last_author: string;
            /** @description Excerpt of the last visible message */
            last_message: string;
            /** Format: date-time */
            last_message_at: string | null;
            /** Format: int32 */
            last_seq: number;
            locale: string;
            /** @enum {string} */
            owner: "bot" | "queue" | "human";
            /**
             * Format: int32
             * @description Rises with each change of owner
             */
            owner_epoch: number;
            /** @description Where the visitor wrote from */
            page: string;
            /**
             * Format: int64
             * @description Place among those that wait for the same people; in lists, while the router knows it
             */
            position?: number;
            /** Format: date-time */
            queued_at: string | null;
            /** Format: date-time */
            resolved_at: string | null;
            /** @description The site's key */
            site: string;
            /** @enum {string} */
            status: "open" | "snoozed" | "resolved";
            /** @description Team id */
            team: string | null;
            /**
             * Format: int64
             * @description Messages that the caller has not read; in lists only
             */
            unread?: number;
            /**
             * Format: date-time
             * @description Since when the visitor waits for an answer
             */
            waiting_since: string | null;
        };
        DepartmentRef: {
            /** Format: int32 */
            id: number;
            name: string;
        };
        DeskTranslation: {
            draft: components["schemas"]["ArticleDraft"] | null;
            /** @description There were versions, and none is published: it was archived or has expired */
            ended: boolean;
            /** @enum {string} */
            locale: "zh-CN" | "en";
            /** @description Another translation was changed since */
            outdated: boolean;
            published: components["schemas"]["Article"] | null;
            /**
             * Format: int32
             * @description How many there are
             */
            versions: number;
        };
        DiffPiece: {
            /** @enum {string} */
            op: "same" | "added" | "gone";
            text: string;
        };
        DraftRef: {
            article: string;
            locale: string;
            /** Format: int64 */
            revision: number;
        };
        EmailInputBody: {
            conversation?: string;
            email: string;
        };
        EmailLeft: {
            email: string;
        };
        ErasablePeople: {
            people: components["schemas"]["ErasablePerson"][];
        };
        ErasablePerson: {
            contact: components["schemas"]["Contact"];
            /** Format: int64 */
            conversations: number;
            /** Format: int64 */
            messages: number;
            site: string;
        };
        EraseInputBody: {
            /** @description The same id as in contact, once more: what is erased does not come back */
            confirm: string;
            /** @description Contact id */
            contact: string;
            /** @description For the receipt; no names */
            reason?: string;
        };
        ErasureArticle: {
            id: string;
            locale: string;
        };
        ErasureList: {
            erasures: components["schemas"]["ErasureReceipt"][];
        };
        ErasureReceipt: {
            /** @description Name of who asked for it */
            actor: string;
            /** @description Articles with a question word for word as the contact wrote it: for an editor to look at. Told this once */
            articles: components["schemas"]["ErasureArticle"][];
            /** Format: date-time */
            asked_at: string;
            /** @description The contact's id. Beside it only the record of earlier acts may name it */
            contact: string;
            /** @description Deleted rows by table */
            counts: {
                [key: string]: number;
            };
            /** @description False: it goes on in the background */
            done: boolean;
            /** Format: date-time */
            done_at: string | null;
            id: string;
            reason: string;
            site: string;
        };
        Event: {
            author?: components["schemas"]["Author"];
            buttons?: components["schemas"]["Button"][];
            cid?: string;
            content?: string;
            conv?: string;
            data?: Record<string, unknown>;
            kind?: string;
            locale?: string;
            reason?: string;
            seq?: number;
            source?: components["schemas"]["Source"];
            state?: components["schemas"]["State"];
            /** Format: date-time */
            time?: string;
        };
        ExportSize: {
            /** Format: int64 */
            conversations: number;
            /** Format: int64 */
            events: number;
        };
        Features: {
            AgreeDense: boolean;
            AgreeHead: boolean;
            AgreeLexical: boolean;
            Ambiguous: boolean;
            /** Format: int64 */
            Candidates: number;
            /** Format: double */
            Char: number;
            Contested: boolean;
            /** Format: double */
            Cosine: number;
            /** Format: double */
            CosineMargin: number;
            /** Format: double */
            Coverage: number;
            /** Format: double */
            Decision: number;
            Exact: boolean;
            Foreign: boolean;
            /** Format: double */
            Head: number;
            /** Format: double */
            HeadMargin: number;
            /** Format: double */
            Margin: number;
            /** Format: double */
            Near: number;
            NumberMiss: boolean;
            /** Format: double */
            Pair: number;
            /** Format: double */
            PairMargin: number;
            /** Format: double */
            Score: number;
            /** Format: int64 */
            Terms: number;
            /** Format: double */
            Unknown: number;
        };
        FeedbackInputBody: {
            /** @description A UUIDv7 made by the client; the same one is stored once */
            cid: string;
            /** @description Without it the visitor's current one */
            conversation?: string;
            helpful: boolean;
            /**
             * Format: int32
             * @description Of the bot's answer
             */
            seq: number;
        };
        FieldDiff: {
            /** @enum {string} */
            field: "title" | "questions" | "answer" | "tags" | "department" | "audience" | "floor" | "handover" | "next" | "owner" | "review_at" | "expires_at";
            /** @description In order; of questions, tags and next each piece is an entry */
            pieces: components["schemas"]["DiffPiece"][];
        };
        Gap: {
            /** @description What a person makes of it */
            article: components["schemas"]["GapArticleRef"] | null;
            /** @enum {string} */
            audience: "public" | "customers" | "staff";
            /**
             * Format: int64
             * @description Distinct visitors of the 7 days before
             */
            before7: number;
            /**
             * Format: int64
             * @description Distinct visitors: what counts, however often one asks
             */
            contacts: number;
            /**
             * Format: double
             * @description last28 × handled_s: what it costs people in 28 days
             */
            cost_s: number;
            /** Format: date-time */
            created_at: string;
            /** Format: int32 */
            department: number;
            /**
             * Format: int64
             * @description How many handlings of this gap are known
             */
            handled_n: number;
            /**
             * Format: double
             * @description Median of a person's handling in seconds: of this gap where three or more are known, else of the site
             */
            handled_s: number;
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            last_seen: string;
            /**
             * Format: int64
             * @description Distinct visitors of the last 7 days
             */
            last7: number;
            /**
             * Format: int64
             * @description Distinct visitors of the last 28 days
             */
            last28: number;
            /**
             * @description Of its first question
             * @enum {string}
             */
            locale: "zh-CN" | "en";
            locales: {
                [key: string]: number;
            };
            /** @description Given by a person, or empty */
            name: string;
            /** @description A published article that answers its questions by now */
            proposed: components["schemas"]["GapArticleRef"] | null;
            reasons: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Conversations with a person's reply that solved it
             */
            replies: number;
            /**
             * Format: int64
             * @description Send it back with every change
             */
            revision: number;
            /** @enum {string} */
            state: "open" | "in_progress" | "solved" | "dismissed" | "out_of_scope" | "expired";
            /** Format: date-time */
            state_at: string;
            /** @description Its most typical question */
            title: string;
            /** Format: int64 */
            turns: number;
        };
        GapAct: {
            act: string;
            /** @description Empty: the system */
            actor: string;
            /** Format: date-time */
            at: string;
            detail: {
                [key: string]: string;
            };
        };
        GapApartInputBody: {
            /** Format: int64 */
            other: number;
        };
        GapArticleRef: {
            article: string;
            locale: string;
        };
        GapDetail: {
            acts: components["schemas"]["GapAct"][];
            /** @description What a person makes of it */
            article: components["schemas"]["GapArticleRef"] | null;
            /** @enum {string} */
            audience: "public" | "customers" | "staff";
            /**
             * Format: int64
             * @description Distinct visitors of the 7 days before
             */
            before7: number;
            /**
             * Format: int64
             * @description Distinct visitors: what counts, however often one asks
             */
            contacts: number;
            /**
             * Format: double
             * @description last28 × handled_s: what it costs people in 28 days
             */
            cost_s: number;
            /** Format: date-time */
            created_at: string;
            /** @description Distinct visitors of each of the last 28 days, oldest first */
            days: number[];
            /** Format: int32 */
            department: number;
            /**
             * Format: int64
             * @description How many handlings of this gap are known
             */
            handled_n: number;
            /**
             * Format: double
             * @description Median of a person's handling in seconds: of this gap where three or more are known, else of the site
             */
            handled_s: number;
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            last_seen: string;
            /**
             * Format: int64
             * @description Distinct visitors of the last 7 days
             */
            last7: number;
            /**
             * Format: int64
             * @description Distinct visitors of the last 28 days
             */
            last28: number;
            /**
             * @description Of its first question
             * @enum {string}
             */
            locale: "zh-CN" | "en";
            locales: {
                [key: string]: number;
            };
            /** @description Given by a person, or empty */
            name: string;
            /** @description Gaps that may be the same */
            near: components["schemas"]["GapNear"][];
            nearest: components["schemas"]["GapNearest"][];
            /** @description A published article that answers its questions by now */
            proposed: components["schemas"]["GapArticleRef"] | null;
            reasons: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Conversations with a person's reply that solved it
             */
            replies: number;
            /**
             * Format: int64
             * @description Send it back with every change
             */
            revision: number;
            samples: components["schemas"]["GapQuestion"][];
            /** @description What people replied before the conversation was resolved for good */
            solved_by: components["schemas"]["GapReply"][];
            /** @enum {string} */
            state: "open" | "in_progress" | "solved" | "dismissed" | "out_of_scope" | "expired";
            /** Format: date-time */
            state_at: string;
            /** @description Its most typical question */
            title: string;
            /** Format: int64 */
            turns: number;
        };
        GapDraftInputBody: {
            /** @description May be empty: it is a working copy */
            answer?: string;
            /** @description Id of the article to be */
            article: string;
            /** @enum {string} */
            locale: "zh-CN" | "en";
            questions: string[];
            /** Format: int64 */
            revision: number;
            title: string;
        };
        GapMergeInputBody: {
            /**
             * Format: int64
             * @description The gap that becomes part of this one
             */
            from: number;
            /** Format: int64 */
            revision: number;
        };
        GapNameInputBody: {
            /** @description Empty takes the name away */
            name: string;
            /** Format: int64 */
            revision: number;
        };
        GapNear: {
            /** Format: int64 */
            contacts: number;
            /** Format: int64 */
            id: number;
            locale: string;
            /**
             * Format: double
             * @description 0–1
             */
            similarity: number;
            state: string;
            title: string;
        };
        GapNearest: {
            article: string;
            /** Format: int64 */
            count: number;
            /** @description Empty when it is no longer published */
            title: string;
        };
        GapPage: {
            /** @description Gaps in each state */
            counts: {
                [key: string]: number;
            };
            items: components["schemas"]["Gap"][];
            /** Format: int64 */
            total: number;
        };
        GapQuestion: {
            /** Format: date-time */
            at: string;
            /**
             * Format: int64
             * @description Distinct visitors who asked in these words
             */
            contacts: number;
            conversation: string;
            locale: string;
            question: string;
            reason: string;
            /** Format: int32 */
            seq: number;
        };
        GapReply: {
            agent: string;
            /** Format: date-time */
            at: string;
            conversation: string;
            question: string;
            /** Format: int32 */
            seq: number;
            text: string;
        };
        GapSplit: {
            /** @description The old one */
            gap: components["schemas"]["GapDetail"];
            /**
             * Format: int64
             * @description The new gap
             */
            made: number;
        };
        GapSplitInputBody: {
            /** Format: int64 */
            revision: number;
            /** @description Questions to take out; all that were asked in the same words go with them */
            samples: components["schemas"]["GapTurn"][];
        };
        GapStateInputBody: {
            /** Format: int64 */
            revision: number;
            /** @enum {string} */
            state: "open" | "in_progress" | "solved" | "dismissed" | "out_of_scope";
        };
        GapTurn: {
            conversation: string;
            /** Format: int32 */
            seq: number;
        };
        GapVariantInputBody: {
            article: string;
            /** @enum {string} */
            locale: "zh-CN" | "en";
            questions: string[];
            /** Format: int64 */
            revision: number;
        };
        Holiday: {
            /** @description HH:MM, up to 24:00; after open */
            close?: string;
            /** @description YYYY-MM-DD */
            date: string;
            name?: string;
            /** @description HH:MM; with close; neither = closed all day */
            open?: string;
        };
        HumanRequested: {
            /** @description Whether an agent who may take the conversation is there now */
            agents_online: boolean;
            assignee: components["schemas"]["Person"] | null;
            conversation: string;
            /** @description The address that an answer can go to: the one the visitor left, else what the site vouched for; or empty */
            email: string;
            /**
             * Format: int64
             * @description Seconds, from the last waits; null without any
             */
            expected_wait_s: number | null;
            /** Format: int32 */
            last_seq: number;
            /** @enum {string} */
            owner: "bot" | "queue" | "human";
            /** Format: int32 */
            owner_epoch: number;
            /**
             * Format: int64
             * @description From 1; 0 when not waiting
             */
            position: number;
            /** @enum {string} */
            status: "open" | "snoozed" | "resolved";
            /**
             * Format: int64
             * @description Conversations in the same queue
             */
            waiting: number;
        };
        IdentifiedSession: {
            agents_online: boolean;
            contact: string;
            conversation: string;
            /** Format: date-time */
            expires_at: string;
            /** @description The site vouched for the visitor: POST /api/visitor/identify */
            identified: boolean;
            /** @description Attributes of the token that the site does not keep, or of another type */
            ignored: string[];
            /**
             * Format: int64
             * @description Conversations that came over from before the sign-in
             */
            moved: number;
            /** @description What the site calls the customer */
            name: string;
            site: components["schemas"]["VisitorSite"];
            state: components["schemas"]["VisitorState"];
            /** @description Send it as a Bearer token, and in the socket's hello */
            token: string;
        };
        IdentifyInputBody: {
            /** @description zh-CN or en; anything else means the contact's */
            locale?: string;
            /** @description Address of the page; cut to 2000 characters */
            page?: string;
            /** @description Where the visitor came from; cut to 2000 characters */
            referrer?: string;
            /** @description The site's key; without it that of the Bearer token, else the oldest site */
            site?: string;
            /**
             * @description IANA name of the time zone
             * @example Europe/Berlin
             */
            time_zone?: string;
            /** @description Its title; cut to 300 characters */
            title?: string;
            /** @description A JSON Web Token, HS256, signed with the site's secret: sub, exp at most a day ahead; email, name, phone, locale, attributes, nbf, iat, aud */
            token: string;
        };
        ImportAddressInputBody: {
            /** @description Of a page, or of a sitemap */
            address: string;
            dry_run?: boolean;
            /** @description Also read the pages that it links to, below its folder */
            follow?: boolean;
            /**
             * Format: int64
             * @description At most so many; 0 or absent = 200
             */
            pages?: number;
            site?: string;
        };
        ImportChange: {
            /** @enum {string} */
            effect: "new" | "changed" | "unchanged";
            /** @description That change */
            fields: string[];
            id: string;
            locale: string;
            title: string;
            where: string;
        };
        ImportList: {
            imports: components["schemas"]["ImportRun"][];
        };
        ImportProblem: {
            reason: string;
            /** @example line 12 */
            where: string;
        };
        ImportResult: {
            /** Format: int64 */
            added: number;
            /** Format: int64 */
            articles: number;
            /** Format: int64 */
            changed: number;
            format: string;
            /**
             * Format: int64
             * @description Problems beyond those
             */
            more: number;
            /**
             * Format: int64
             * @description Read from a website or document
             */
            pages: number;
            /** @description The first two hundred articles */
            preview: components["schemas"]["ImportChange"][];
            /** @description The first hundred; nothing was stored */
            problems: components["schemas"]["ImportProblem"][];
            /** Format: int64 */
            unchanged: number;
            warnings: string[];
        };
        ImportRun: {
            author: string;
            /** Format: int64 */
            bytes: number;
            /** @description What was checked is kept for an hour */
            can_apply: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: int64
             * @description Of total, in the stage's unit: pages, texts, articles
             */
            done: number;
            /** @description Makes working copies, publishes nothing */
            drafts: boolean;
            dry_run: boolean;
            /** @enum {string} */
            failure: "" | "invalid" | "conflict" | "embedding" | "timeout" | "interrupted" | "internal";
            id: string;
            /** @description Of the file, or the address */
            name: string;
            report: components["schemas"]["ImportResult"];
            /** @enum {string} */
            source: "file" | "address";
            /**
             * @description What a running one is at
             * @enum {string}
             */
            stage: "" | "fetch" | "read" | "embed" | "publish" | "drafts";
            /**
             * @description checked: a dry run found nothing wrong and may be applied
             * @enum {string}
             */
            state: "waiting" | "running" | "checked" | "done" | "failed" | "cancelled";
            /**
             * Format: int64
             * @description 0: not known
             */
            total: number;
            /** Format: date-time */
            updated_at: string;
        };
        InboxCounts: {
            /** Format: int64 */
            all: number;
            /** Format: int64 */
            bot: number;
            /** Format: int64 */
            human: number;
            /** Format: int64 */
            mine: number;
            /** Format: int64 */
            queue: number;
            /** Format: int64 */
            resolved: number;
        };
        InboxPage: {
            counts: components["schemas"]["InboxCounts"];
            items: components["schemas"]["Conversation"][];
            /** @description Cursor of the next page; empty on the last */
            next: string;
        };
        Interval: {
            /** @description HH:MM, up to 24:00; after open */
            close: string;
            /** @enum {string} */
            day: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
            /** @description HH:MM, 00:00–23:59 */
            open: string;
        };
        Invitation: {
            /** Format: date-time */
            at: string;
            by: string;
            /** @description The visitor's name; may be empty */
            contact: string;
            conversation: string;
            reason: string;
        };
        InvitationList: {
            invitations: components["schemas"]["Invitation"][];
        };
        InviteInputBody: {
            /** @description User id of the colleague */
            agent: string;
            /** @description For them and other colleagues only */
            reason?: string;
        };
        Item: {
            /** Format: int64 */
            cap: number;
            caps: {
                [key: string]: number;
            };
            id: string;
            /** @description None = all */
            languages: string[];
            skills: components["schemas"]["RoutingSkill"][];
        };
        JudgeInputBody: {
            note?: string;
            /** @description Id of the article that would have been right */
            right_article?: string;
            /**
             * Format: int32
             * @description The bot's row
             */
            seq: number;
        };
        Judgement: {
            /** @description User id */
            agent: string;
            /** Format: date-time */
            at: string;
            note?: string;
            right_article?: string;
            /** Format: int32 */
            seq: number;
            /** @enum {string} */
            verdict: "wrong";
        };
        JudgementList: {
            items: components["schemas"]["Judgement"][];
        };
        LintInputBody: Record<string, unknown>;
        LintReport: {
            /**
             * Format: int64
             * @description Questions that there are
             */
            of: number;
            /**
             * Format: int64
             * @description Questions that were searched; the others were left out for want of time
             */
            searched: number;
            warnings: components["schemas"]["LintWarning"][];
        };
        LintWarning: {
            /** @description The other article that it is about */
            article: string;
            /** @enum {string} */
            code: "near_duplicate" | "question_taken" | "question_stolen" | "numbers_contradict" | "translation_numbers" | "translation_missing" | "translation_outdated" | "answer_long" | "question_long" | "questions_few" | "code_unknown" | "next_broken" | "link_broken";
            /**
             * Format: int64
             * @description Of a list, from 1; 0 = all of the field
             */
            entry: number;
            /** @description The text meant, as it stands there */
            excerpt: string;
            /** @description title, questions, answer, next; empty = the article as a whole */
            field: string;
            /** @description Of the other one */
            locale: string;
            /** @description What stands there */
            other: string;
        };
        LogPage: {
            events: components["schemas"]["Event"][];
            /**
             * Format: int32
             * @description Of the conversation
             */
            last_seq: number;
        };
        MadeAPIKey: {
            key: components["schemas"]["APIKey"];
            /** @description Sent as Authorization: Bearer; shown this once */
            secret: string;
        };
        MakeTranscriptInputBody: {
            /**
             * Format: int64
             * @description How long the link opens
             * @default 7
             */
            days: number;
            /**
             * @description Of the page; without it the visitor's
             * @enum {string}
             */
            locale?: "zh-CN" | "en";
        };
        Mark: {
            /** Format: int64 */
            from: number;
            /** Format: int64 */
            to: number;
        };
        Me: {
            agent: components["schemas"]["AgentAccount"];
            /** @description Send it as X-CSRF-Token on every unsafe request, and in the socket's hello */
            csrf: string;
            /** @enum {string} */
            presence: "online" | "away" | "invisible" | "offline";
        };
        MentionItem: {
            author: components["schemas"]["Person"];
            contact_name: string;
            content: string;
            conversation: string;
            seen: boolean;
            /** Format: int32 */
            seq: number;
            /** Format: date-time */
            time: string;
        };
        Mentions: {
            items: components["schemas"]["MentionItem"][];
            /**
             * Format: int64
             * @description Of the last 200, those that the caller has not read; reading the conversation reads them
             */
            unread: number;
        };
        MergeInputBody: {
            /** @description The contact that it is seen as from now on */
            into: string;
        };
        Node: {
            /** @description Where it serves */
            address: string;
            /**
             * Format: int64
             * @description Agents with a socket
             */
            agents: number;
            /**
             * Format: int64
             * @description Other nodes that it hears on the bus: fewer than live means that they are late to each other
             */
            hears: number;
            id: string;
            living: boolean;
            /** @description Machine and process id */
            name: string;
            /** Format: date-time */
            started: string;
            version: string;
            /**
             * Format: int64
             * @description Visitors' sockets
             */
            visitors: number;
        };
        NoteInputBody: {
            /** @enum {string} */
            act: "shown" | "inserted" | "dismissed";
            /** @description Which suggestions */
            ids: string[] | null;
            /**
             * Format: int32
             * @description Of the suggestions
             */
            seq: number;
        };
        Nothing: Record<string, unknown>;
        OfferEnded: {
            conversation: string;
            id: string;
            /** @enum {string} */
            result: "accepted" | "declined" | "timeout" | "taken";
        };
        OfferItem: {
            contact_name: string;
            conversation: string;
            /** Format: date-time */
            expires: string;
            id: string;
            last_message: string;
            reason: string;
            skills: string[];
        };
        OfferList: {
            items: components["schemas"]["OfferItem"][];
        };
        OpenAIEmbedding: {
            embedding: number[] | string;
            /** Format: int64 */
            index: number;
            /** @enum {string} */
            object: "embedding";
        };
        OpenAIEmbeddings: {
            data: components["schemas"]["OpenAIEmbedding"][];
            /** @description The one that served */
            model: string;
            /** @enum {string} */
            object: "list";
            usage: components["schemas"]["OpenAIUsage"];
        };
        OpenAIError: {
            error: components["schemas"]["OpenAIErrorDetail"];
        };
        OpenAIErrorDetail: {
            /** @example model_not_found */
            code: string | null;
            message: string;
            /**
             * @description The field at fault
             * @example input[3]
             */
            param: string | null;
            /** @example invalid_request_error */
            type: string;
        };
        OpenAIModel: {
            /**
             * Format: int64
             * @description Always 0: a bundle does not say when its model was made
             */
            created: number;
            /** @description Lengths of vectors that can be asked for */
            dimensions?: number[];
            /** @example frontdesk-static-zh-en */
            id: string;
            languages: string[];
            /** @description SPDX expression */
            license: string;
            /**
             * Format: int64
             * @description Longest text, special tokens included
             */
            max_tokens: number;
            /** @enum {string} */
            object: "model";
            /** @description The owner on the hub that the model was pulled from; frontdesk for the bundled ones */
            owned_by: string;
            /** @enum {string} */
            task: "embed" | "rerank" | "classify";
        };
        OpenAIModels: {
            data: components["schemas"]["OpenAIModel"][];
            /** @enum {string} */
            object: "list";
        };
        OpenAIUsage: {
            /**
             * Format: int64
             * @description Tokens that the model saw, special tokens included
             */
            prompt_tokens: number;
            /** Format: int64 */
            total_tokens: number;
        };
        Packet: {
            action: string;
            /** Format: double */
            anger?: number;
            /** Format: double */
            answerable?: number;
            article?: components["schemas"]["PacketArticle"];
            asked?: components["schemas"]["PacketAsked"];
            cached?: boolean;
            candidates?: components["schemas"]["PacketChoice"][] | null;
            /** Format: int64 */
            clarified?: number;
            /** Format: double */
            confidence: number;
            features?: components["schemas"]["Features"];
            /** Format: int64 */
            found?: number;
            generated?: string;
            joined?: boolean;
            /** Format: int64 */
            kb_epoch?: number;
            language?: string;
            model?: string;
            mood?: string;
            /** Format: double */
            ms: number;
            overflowing?: boolean;
            pair_model?: string;
            parts?: string[] | null;
            /** Format: int64 */
            policy?: number;
            question: string;
            reason: string;
            rejected?: string[] | null;
            rewritten?: string;
            shadow?: boolean;
            stage_ms?: components["schemas"]["PacketStages"];
            summary?: string[] | null;
            terms?: components["schemas"]["PacketTerm"][] | null;
            text?: string;
            thresholds?: components["schemas"]["PacketThresholds"];
            tried?: components["schemas"]["PacketTried"][] | null;
        };
        PacketArticle: {
            id: string;
            locale: string;
            /** Format: int32 */
            version: number;
        };
        PacketAsked: {
            also?: string;
            /** Format: int32 */
            audience?: number;
            button?: string;
            /** Format: int64 */
            clarified?: number;
            clipped?: boolean;
            /** Format: int32 */
            department?: number;
            locale?: string;
            offered?: boolean;
            previous?: string[] | null;
            rejected?: string[] | null;
            said?: string;
            /** Format: int64 */
            stalled?: number;
            text: string;
        };
        PacketChoice: {
            article: string;
            /** Format: double */
            bm25: number;
            /** Format: double */
            char: number;
            /** Format: double */
            cosine: number;
            exact?: boolean;
            /** Format: double */
            head?: number;
            /** Format: int32 */
            kind?: number;
            locale?: string;
            /** Format: double */
            pair?: number;
            ranks?: components["schemas"]["PacketRanks"];
            /** Format: double */
            score: number;
            variant: string;
        };
        PacketRanks: {
            /** Format: int64 */
            dense: number;
            /** Format: int64 */
            final: number;
            /** Format: int64 */
            fused: number;
            /** Format: int64 */
            lexical: number;
        };
        PacketStages: {
            /** Format: double */
            embed: number;
            /** Format: double */
            fuse: number;
            /** Format: double */
            head: number;
            /** Format: double */
            pair: number;
            /** Format: double */
            search: number;
        };
        PacketTerm: {
            from?: string;
            hit?: boolean;
            /** Format: double */
            idf: number;
            known?: boolean;
            term: string;
        };
        PacketThresholds: {
            /** Format: double */
            answer: number;
            /** Format: double */
            clarify: number;
            learnt?: boolean;
        };
        PacketTried: {
            article: string;
            locale?: string;
            outcome: string;
            title: string;
        };
        PasswordInputBody: {
            current: string;
            /** @description At least 8 characters */
            new: string;
        };
        PastedWords: {
            /** Format: int64 */
            added: number;
            /** @description The whole list */
            groups: components["schemas"]["WordGroup"][];
            /**
             * Format: int64
             * @description Groups that were there already
             */
            known: number;
        };
        PasteWordsInputBody: {
            /** @description Only check */
            dry_run?: boolean;
            /**
             * @description Of lines that name none
             * @enum {string}
             */
            kind: "synonym" | "alias" | "code";
            /** @description A group a line, words apart by commas: "synonym: refund, money back", "alias en: router = wifi box", "code: TH01, TH02" */
            list: string;
        };
        Person: {
            id: string;
            name: string;
        };
        PresenceValue: {
            /**
             * @description invisible: signed in, given nothing, away to colleagues
             * @enum {string}
             */
            presence: "online" | "away" | "invisible" | "offline";
            /** @description Of being away, for colleagues */
            reason?: string;
        };
        Problem: {
            /**
             * @description Machine-readable; see docs/protocol.md
             * @example stale
             */
            code: string;
            /** @description What happened, in English, for developers */
            detail?: string;
            /** @description The fields at fault */
            errors?: components["schemas"]["ProblemField"][] | null;
            /** @description Names this request in the server's log */
            request_id?: string;
            /**
             * Format: int64
             * @description The HTTP status
             * @example 409
             */
            status: number;
            /**
             * @description The status in words
             * @example Conflict
             */
            title: string;
            /**
             * @description A page about this kind of problem; about:blank when the status says it all
             * @example about:blank
             */
            type: string;
        };
        ProblemField: {
            /**
             * @description What is wrong, for machines, where it is known: empty, twice, out_of_range, …
             * @example empty
             */
            code?: string;
            /**
             * @description Where: body.content, query.limit, line 12
             * @example body.content
             */
            location?: string;
            /** @description What is wrong with it, in English, for developers */
            message: string;
        };
        Promoted: {
            article: string;
            locale: string;
            /** @description A new article; otherwise the question was added to this one */
            new: boolean;
            title: string;
        };
        PromoteInputBody: {
            /** @description Id of the article whose questions get the visitor's; empty = a new working copy with the reply */
            article?: string;
            /**
             * Format: int32
             * @description The agent's own message
             */
            seq: number;
        };
        PublishedArticles: {
            articles: components["schemas"]["Article"][];
        };
        PublishInputBody: {
            /** @description Working copies as they were read; all are published, or none */
            drafts: components["schemas"]["DraftRef"][];
            site?: string;
        };
        QueueStand: {
            /**
             * Format: int64
             * @description Seconds, from the last waits; null without any
             */
            expected_wait_s: number | null;
            /**
             * Format: int64
             * @description From 1; 0 when not waiting
             */
            position: number;
            /**
             * Format: int64
             * @description Conversations in the same queue
             */
            waiting: number;
        };
        ReadInputBody: {
            /**
             * Format: int32
             * @description Everything up to here is read
             */
            seq: number;
        };
        ReleaseInputBody: {
            /** @description For colleagues only */
            reason?: string;
        };
        RenewInputBody: {
            /** @description The site's key; defaults to the first in scope */
            site?: string;
        };
        ReportArticle: {
            article: string;
            /** @description Three or more votes against it in 90 days, at least three in ten */
            disliked: boolean;
            /** Format: int64 */
            down: number;
            /** @description Its review date has passed */
            due: boolean;
            locale: string;
            /** Format: date-time */
            review_at: string | null;
            title: string;
            /** @description Nobody was answered with it in 90 days */
            unused: boolean;
            /** Format: int64 */
            up: number;
            /**
             * Format: int64
             * @description Answers of the last 90 days
             */
            used: number;
        };
        ReportDay: {
            /** Format: int64 */
            answered: number;
            /** Format: date */
            day: string;
            /** Format: int64 */
            handovers: number;
            /** Format: int64 */
            questions: number;
        };
        ReportResolution: {
            /** @description Nothing more for 24 hours */
            assumed: components["schemas"]["ReportShare"];
            /** @description Within 72 hours a person was asked for or took part, or the visitor asked about the same article in another conversation */
            came_back: components["schemas"]["ReportShare"];
            /** @description A vote for it, or thanks */
            confirmed: components["schemas"]["ReportShare"];
            /** @description Younger than 24 hours */
            open: components["schemas"]["ReportShare"];
            /** @description A vote against it, or turned down */
            refused: components["schemas"]["ReportShare"];
        };
        ReportShare: {
            /** @description Whether the whole has at least 20 cases; below that no share should be shown */
            enough: boolean;
            /** Format: int64 */
            of: number;
            /** Format: int64 */
            part: number;
        };
        ReportSource: {
            /** @enum {string} */
            source: "article" | "canned" | "solved";
            used: components["schemas"]["ReportShare"];
        };
        ReportSpan: {
            /** @description n is at least 20 */
            enough: boolean;
            /** Format: double */
            median_s: number;
            /** Format: int64 */
            n: number;
        };
        RequestHumanInputBody: {
            conversation?: string;
        };
        RetentionBody: {
            /** Format: int64 */
            anonymous_days: number;
            /** Format: int64 */
            identified_days: number;
            /** @description The site's key */
            site: string;
            /**
             * Format: int64
             * @description Of the policy that was changed; another one answers 409
             */
            version?: number;
        };
        RetentionDeleted: {
            /**
             * Format: int64
             * @description Who have no other conversation
             */
            contacts: number;
            /** Format: int64 */
            conversations: number;
            /**
             * Format: int64
             * @description Events of their logs
             */
            messages: number;
        };
        RetentionPolicies: {
            policies: components["schemas"]["RetentionPolicy"][];
        };
        RetentionPolicy: {
            /**
             * Format: int64
             * @description Of contacts without a name and an address, after they were resolved; 0 = for ever
             */
            anonymous_days: number;
            /**
             * Format: int64
             * @description Of all others
             */
            identified_days: number;
            last: components["schemas"]["RetentionRun"] | null;
            /** @description The site's key */
            site: string;
            site_name: string;
            /** Format: date-time */
            updated_at: string | null;
            /** @description Name; empty = nobody yet */
            updated_by: string;
            /**
             * Format: int64
             * @description Send it back when saving; 0 = nothing is set
             */
            version: number;
        };
        RetentionPreview: {
            anonymous: components["schemas"]["RetentionDeleted"];
            identified: components["schemas"]["RetentionDeleted"];
            /**
             * Format: date-time
             * @description When the first of them was over
             */
            oldest: string | null;
        };
        RetentionRun: {
            /**
             * Format: int64
             * @description Who have no other conversation
             */
            contacts: number;
            /** Format: int64 */
            conversations: number;
            /**
             * Format: date-time
             * @description Null: it is at it, or was broken off and goes on
             */
            ended_at: string | null;
            /**
             * Format: int64
             * @description Events of their logs
             */
            messages: number;
            /** Format: date-time */
            started_at: string;
        };
        RetentionRunInputBody: {
            /** @description The site's key */
            site: string;
        };
        RiskCurve: {
            /** Format: int64 */
            judged: number;
            /** Format: int64 */
            n: number;
            points: components["schemas"]["RiskPoint"][] | null;
            source: string;
        };
        RiskPoint: {
            /** Format: double */
            answered: number;
            /** Format: double */
            at: number;
            /** Format: double */
            judged: number;
            /** Format: double */
            wrong: number;
        };
        RollbackInputBody: {
            /**
             * Format: int32
             * @description The one that is published; 0 = none is. Refused with conflict when it is another
             */
            current: number;
            /**
             * Format: int32
             * @description The one whose content comes back, as a new version
             */
            version: number;
        };
        RoutingAgent: {
            /**
             * Format: int64
             * @description What is in hand, of all sites and channels
             */
            active: number;
            all_departments: boolean;
            /** Format: int64 */
            cap: number;
            /** @description By channel; one that is absent has only cap */
            caps: {
                [key: string]: number;
            };
            departments: number[];
            id: string;
            /** @description None = all */
            languages: string[];
            name: string;
            /** @enum {string} */
            presence: "online" | "away" | "invisible" | "offline";
            /** @description Of being away */
            reason: string;
            /** @enum {string} */
            role: "agent" | "admin";
            skills: components["schemas"]["RoutingSkill"][];
            /** @description Team ids */
            teams: string[];
        };
        RoutingAgents: {
            agents: components["schemas"]["RoutingAgent"][];
            /** @description That a capacity can be set for */
            channels: string[];
        };
        RoutingAgentsInputBody: {
            agents: components["schemas"]["Item"][];
        };
        RoutingCandidate: {
            /** @description User id */
            agent: string;
            name: string;
            reasons: components["schemas"]["RoutingReason"][];
        };
        RoutingCapacity: {
            /** Format: int64 */
            active: number;
            /** Format: int64 */
            cap: number;
            channel: string;
        };
        RoutingCondition: {
            /** @description page, locale, reason, email, site, or attr.NAME */
            field: string;
            /** @enum {string} */
            op: "is" | "not" | "contains" | "prefix" | "suffix" | "exists";
            value: string;
        };
        RoutingCount: {
            code: string;
            /** Format: int64 */
            n: number;
        };
        RoutingExplanation: {
            /** @description The best first */
            candidates: components["schemas"]["RoutingCandidate"][];
            needs: components["schemas"]["RoutingNeeds"];
            /**
             * Format: double
             * @description Seconds until the next; 0 = there is none
             */
            next_step_s: number;
            rejected: components["schemas"]["RoutingRejection"][];
            /**
             * Format: int64
             * @description Of the overflow; 0 = none yet
             */
            step: number;
            /** @description It is kept for this agent for now */
            waits: components["schemas"]["RoutingRejection"] | null;
        };
        RoutingMember: {
            all_departments: boolean;
            departments: number[];
            id: string;
            name: string;
            /** @enum {string} */
            presence: "online" | "away" | "invisible" | "offline";
        };
        RoutingNeeds: {
            /** Format: int32 */
            department: number;
            language: string;
            /** Format: int64 */
            priority: number;
            skills: components["schemas"]["RoutingSkill"][];
            /** @description Team id; empty = anybody of the department */
            team: string;
            vip: boolean;
            /**
             * Format: int64
             * @description What it takes of a capacity
             */
            weight: number;
        };
        RoutingParamSpec: {
            /** Format: double */
            default: number;
            /** @enum {string} */
            kind: "int" | "seconds" | "bool";
            /** Format: double */
            max: number;
            /** Format: double */
            min: number;
            name: string;
        };
        RoutingQueue: {
            /** @description Those who are there, the least loaded first */
            agents: components["schemas"]["RoutingAgent"][];
            /** Format: date-time */
            at: string;
            /**
             * Format: int64
             * @description How many wait beyond those listed
             */
            more: number;
            /** @description Whether this installation gives conversations out (routing.enabled) */
            running: boolean;
            waiting: components["schemas"]["RoutingWaiting"][];
        };
        RoutingReason: {
            /** @description See docs/routing.md */
            code: string;
            /**
             * Format: double
             * @description What value is a part of; 0 = of nothing
             */
            of: number;
            /** @description What the code speaks of: a skill, a team, a language */
            text: string;
            /** Format: double */
            value: number;
        };
        RoutingRejection: {
            /** @description User id */
            agent: string;
            /** @description See docs/routing.md */
            code: string;
            name: string;
            /**
             * Format: double
             * @description What value is a part of; 0 = of nothing
             */
            of: number;
            /** @description What the code speaks of: a skill, a team, a language, a presence */
            text: string;
            /** Format: double */
            value: number;
        };
        RoutingRule: {
            name: string;
            on: boolean;
            /** Format: int64 */
            priority: number;
            skills: components["schemas"]["RoutingSkill"][];
            /** @description Team id; empty = unchanged */
            team: string;
            vip: boolean;
            /**
             * Format: int64
             * @description 0 = unchanged
             */
            weight: number;
            when: components["schemas"]["RoutingCondition"][];
        };
        RoutingRules: {
            /**
             * Format: int64
             * @description A step of priority goes before what came so many seconds earlier
             */
            ageing_s: number;
            catalog: components["schemas"]["RoutingStrategySpec"][];
            /**
             * Format: int64
             * @description Of agents who get their first conversation
             */
            default_cap: number;
            overflow: components["schemas"]["RoutingStep"][];
            /**
             * Format: int64
             * @description How long an agent may think about an offer; 0 = given at once
             */
            reservation_s: number;
            rules: components["schemas"]["RoutingRule"][];
            /** @description Whether this installation gives conversations out (routing.enabled) */
            running: boolean;
            /** @description In the order in which they are asked */
            strategies: components["schemas"]["RoutingStrategy"][];
            teams: components["schemas"]["RoutingTeamRules"][];
            /** Format: date-time */
            updated_at: string | null;
            /** @description A name; empty = nobody yet */
            updated_by: string;
            /**
             * Format: int64
             * @description Send it back when saving; refused with conflict when somebody else saved since. 0 = nothing is set yet
             */
            version: number;
        };
        RoutingRuleSet: {
            /**
             * Format: int64
             * @description A step of priority goes before what came so many seconds earlier
             */
            ageing_s: number;
            /**
             * Format: int64
             * @description Of agents who get their first conversation
             */
            default_cap: number;
            overflow: components["schemas"]["RoutingStep"][];
            /**
             * Format: int64
             * @description How long an agent may think about an offer; 0 = given at once
             */
            reservation_s: number;
            rules: components["schemas"]["RoutingRule"][];
            /** @description In the order in which they are asked */
            strategies: components["schemas"]["RoutingStrategy"][];
            teams: components["schemas"]["RoutingTeamRules"][];
            /**
             * Format: int64
             * @description Send it back when saving; refused with conflict when somebody else saved since. 0 = nothing is set yet
             */
            version: number;
        };
        RoutingSkill: {
            /** Format: int64 */
            level: number;
            name: string;
        };
        RoutingState: {
            /**
             * Format: int64
             * @description What is in hand, of all channels
             */
            active: number;
            /** Format: int64 */
            cap: number;
            /** @description Those with a capacity of their own */
            channels: components["schemas"]["RoutingCapacity"][];
            /** @enum {string} */
            presence: "online" | "away" | "invisible" | "offline";
            /** @description Of being away */
            reason: string;
            /** @description Whether this installation gives conversations out (routing.enabled) */
            running: boolean;
        };
        RoutingStep: {
            /** Format: int64 */
            after_s: number;
            /**
             * Format: int64
             * @description By how many levels each skill may fall short
             */
            levels: number;
            /**
             * Format: int64
             * @description It goes before others
             */
            priority: number;
            /** @description language, team, skills: no longer needed */
            relax: string[];
            /** @description These teams may take it too */
            teams: string[];
        };
        RoutingStrategy: {
            name: string;
            on: boolean;
            /** @description Those that are absent have their default */
            params: {
                [key: string]: number;
            };
        };
        RoutingStrategySpec: {
            /**
             * @description item changes what enters, filter says who may, order who should
             * @enum {string}
             */
            kind: "item" | "filter" | "order";
            name: string;
            params: components["schemas"]["RoutingParamSpec"][];
        };
        RoutingTeam: {
            /** Format: int32 */
            department: number;
            id: string;
            /** @description User ids */
            members: string[];
            name: string;
        };
        RoutingTeamRules: {
            /** @description When it works; absent = always */
            hours?: components["schemas"]["Spec"];
            /** @description Instead of the site's, for what waits for this team; none = the site's */
            overflow: components["schemas"]["RoutingStep"][];
            /** @description Team id */
            team: string;
        };
        RoutingTeams: {
            departments: components["schemas"]["DepartmentRef"][];
            /** @description Who can be a member */
            people: components["schemas"]["RoutingMember"][];
            teams: components["schemas"]["RoutingTeam"][];
        };
        RoutingWaiting: {
            /**
             * Format: int64
             * @description How many agents could take it
             */
            candidates: number;
            /** @description The visitor's name; may be empty */
            contact: string;
            contact_id: string;
            conversation: string;
            /** @description Why the others do not, most first */
            counts: components["schemas"]["RoutingCount"][];
            /** @description Whether candidates and counts are told: they are of the first ones, and of none that is being offered */
            explained: boolean;
            last_message: string;
            needs: components["schemas"]["RoutingNeeds"];
            /** Format: double */
            next_step_s: number;
            /** @description Who is asked right now */
            offered_to: components["schemas"]["Person"] | null;
            /** Format: date-time */
            offered_until: string | null;
            /**
             * Format: int64
             * @description In the order in which they are given out; 0 = it is being offered
             */
            position: number;
            /** Format: date-time */
            since: string;
            /** Format: int64 */
            step: number;
        };
        RunSummary: {
            after: components["schemas"]["Tally"];
            /** Format: double */
            answer: number;
            /** Format: int64 */
            asked: number;
            before: components["schemas"]["Tally"];
            /** Format: int64 */
            changed: number;
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            kb_epoch: number;
            /** Format: int64 */
            left: number;
            /** Format: int64 */
            newly_answered: number;
            /** Format: int64 */
            newly_asked_back: number;
            /** Format: int64 */
            newly_handed_over: number;
            /** Format: int64 */
            now_failing: number;
            /** Format: int64 */
            now_passing: number;
            /** Format: int64 */
            other_article: number;
            /** Format: int64 */
            passed: number;
            /** Format: int64 */
            policy: number;
            relearnt: boolean;
            /** Format: int64 */
            searched: number;
            /** Format: double */
            seconds: number;
            /** Format: int64 */
            skipped: number;
            then: boolean;
            /** Format: int64 */
            worse: number;
        };
        SaveArticleInputBody: {
            answer: string;
            /** @enum {string} */
            audience?: "public" | "customers" | "staff";
            /**
             * Format: int32
             * @description 0 = every department of the site; absent, as any of the next ones: it stays
             */
            department?: number;
            /** @description RFC 3339; empty = never */
            expires_at?: string;
            /** Format: double */
            floor?: number;
            handover?: boolean;
            next?: string[];
            owner?: string;
            questions: string[];
            /** @description RFC 3339; empty = never */
            review_at?: string;
            tags?: string[];
            title: string;
            /**
             * Format: int32
             * @description The version that was edited; refused with conflict when there is a newer one. 0 or absent = a new translation, refused with conflict when there is one
             */
            version?: number;
        };
        SaveContactInputBody: {
            /** @description Those to change; null removes one */
            attributes?: {
                [key: string]: unknown;
            };
            /** @description Empty removes it */
            email?: string;
            name?: string;
            /** @description It is no spam, and is not scored again */
            not_spam?: boolean;
            phone?: string;
            /**
             * Format: int32
             * @description As it was read
             */
            version: number;
        };
        SavedCount: {
            /**
             * Format: int64
             * @description The rest was there and expects what was said now
             */
            added: number;
            /** Format: int64 */
            read: number;
        };
        SavedQuestion: {
            /** @description With article: any of them */
            articles: string[];
            /** @enum {string} */
            audience: "public" | "customers" | "staff";
            /**
             * Format: int32
             * @description 0 = all
             */
            department: number;
            /** Format: int64 */
            id: number;
            /** @description A word that groups questions */
            kind: string;
            locale: string;
            /** @description Empty = typed, import, or conversation/seq */
            origin: string;
            previous: string[];
            text: string;
            /** Format: date-time */
            updated_at: string;
            /**
             * @description What is right; - = nothing may be answered
             * @enum {string}
             */
            want: "article" | "-" | "@human" | "@smalltalk" | "@clarify";
        };
        SavedQuestionList: {
            /**
             * Format: int64
             * @description How many a site may have
             */
            most: number;
            questions: components["schemas"]["SavedQuestion"][];
        };
        SaveDraftInputBody: {
            /**
             * Format: int32
             * @description The published version that it was compared with; absent = as it was
             */
            base?: number;
            /** @description The change concerns no other translation */
            minor?: boolean;
            /**
             * Format: int64
             * @description The one that was edited; 0 makes a working copy
             */
            revision: number;
        };
        SaveQuestionInputBody: {
            articles?: string[];
            /** @enum {string} */
            audience?: "public" | "customers" | "staff";
            /** Format: int32 */
            department?: number;
            kind?: string;
            /** @enum {string} */
            locale?: "" | "zh-CN" | "en";
            origin?: string;
            previous?: string[];
            text: string;
            /** @enum {string} */
            want: "article" | "-" | "@human" | "@smalltalk" | "@clarify";
        };
        SaveTeamInputBody: {
            /** @description User ids */
            members: string[];
            name: string;
        };
        ScheduleInputBody: {
            /** Format: date-time */
            at: string;
            /**
             * Format: int64
             * @description The one that was read
             */
            revision: number;
        };
        SearchChoices: {
            agents: components["schemas"]["Person"][];
            may_export: boolean;
            /** @description Retention, erasure and the audit list are open to the caller */
            may_privacy: boolean;
            sites: components["schemas"]["ChoiceSite"][];
        };
        SearchHit: {
            /** @description Name; may be empty */
            author: string;
            author_kind: string;
            conversation: components["schemas"]["Conversation"];
            /** @description Of that row */
            kind: string;
            /**
             * Format: int64
             * @description Other rows near it with what was searched for
             */
            more: number;
            /**
             * Format: int32
             * @description The row that shows best why
             */
            seq: number;
            snippet: components["schemas"]["SnippetPiece"][];
            /** Format: date-time */
            time: string;
        };
        SearchPage: {
            /** @description There are more than total: counting ended there */
            above: boolean;
            /**
             * Format: double
             * @description Seconds since the index was last complete; what was written since may be missing
             */
            behind_s: number;
            hits: components["schemas"]["SearchHit"][];
            /** @description Nothing has all of what was asked for; these have parts of it */
            loose: boolean;
            /** @description Cursor of the next page; empty on the last. A page may be empty and still have a next one */
            next: string;
            /**
             * Format: int64
             * @description Conversations found so far
             */
            total: number;
        };
        SentMessage: {
            cid: string;
            /** @description Another than the one sent to when that was resolved over 24 h ago */
            conversation: string;
            /** Format: int32 */
            seq: number;
            /** Format: date-time */
            time: string;
        };
        SetupInputBody: {
            email: string;
            /** @enum {string} */
            locale: "zh-CN" | "en";
            name: string;
            /** @description At least 8 characters */
            password: string;
            /** @description From the address that the server printed */
            token: string;
        };
        SetupState: {
            needed: boolean;
        };
        SignedIn: {
            agent: components["schemas"]["AgentAccount"];
            /** @description Send it as X-CSRF-Token on every unsafe request, and in the socket's hello */
            csrf: string;
        };
        SignInInputBody: {
            email: string;
            password: string;
        };
        SimulateInputBody: {
            /**
             * Format: date-time
             * @description When; absent = now. Load and presence are those of now
             */
            at?: string;
            /** @description What rules look at: page, reason, email, attr.NAME */
            attributes?: {
                [key: string]: string;
            };
            /**
             * Format: int32
             * @description 0 = that of the team, else the site's first
             */
            department?: number;
            language?: string;
            /** Format: int64 */
            priority?: number;
            skills?: components["schemas"]["RoutingSkill"][] | null;
            team?: string;
            vip?: boolean;
            /**
             * Format: int64
             * @description How long it has waited by then
             */
            waited_s?: number;
        };
        SiteDepartment: {
            /** Format: int32 */
            id: number;
            name: string;
        };
        SiteIdentity: {
            /** @description Whether there is a secret */
            enabled: boolean;
            /** Format: date-time */
            made_at: string | null;
            /** @description A person's name */
            made_by: string;
            /**
             * Format: date-time
             * @description Until when the secret before it is good
             */
            previous_until: string | null;
            /** @description Shown once, when it is made; empty otherwise */
            secret: string;
            /** @description The site's key */
            site: string;
        };
        SiteList: {
            sites: components["schemas"]["VisitorSite"][];
        };
        SitePeople: {
            /** @description The caller may make articles of every department */
            all_departments: boolean;
            /** @description Those within the caller's scope */
            departments: components["schemas"]["SiteDepartment"][];
            /** @description Who can work at the site */
            people: components["schemas"]["Person"][];
        };
        SnippetPiece: {
            /** @description It is what was searched for */
            hit?: boolean;
            text: string;
        };
        Source: {
            article?: string;
            confidence?: number;
            locale?: string;
            reworded?: boolean;
            title?: string;
            version?: number;
        };
        SpamReason: {
            code: string;
            /** Format: int64 */
            n?: number;
            term?: string;
            /** Format: double */
            weight: number;
        };
        Spec: {
            /** @description Days that are not as the week says */
            holidays?: components["schemas"]["Holiday"][] | null;
            /** @description Opening times of a week; a day that is not named is closed */
            week: components["schemas"]["Interval"][] | null;
            /** @description IANA name of the time zone, such as Asia/Shanghai */
            zone: string;
        };
        StartInputBody: {
            /** @description zh-CN or en; anything else means the site's */
            locale?: string;
            /** @description Address of the page; cut to 2000 characters */
            page?: string;
            /** @description Where the visitor came from; cut to 2000 characters */
            referrer?: string;
            /** @description The site's key; without it the visitor's, else the oldest site */
            site?: string;
            /**
             * @description IANA name of the time zone
             * @example Europe/Berlin
             */
            time_zone?: string;
            /** @description Its title; cut to 300 characters */
            title?: string;
        };
        State: {
            assignee?: components["schemas"]["Author"];
            owner?: string;
            owner_epoch?: number;
            status?: string;
            team?: string;
        };
        Stats: {
            /** Format: int64 */
            agents_online: number;
            /** Format: int64 */
            bot_answered_today: number;
            /** Format: int64 */
            handovers_today: number;
            /**
             * Format: double
             * @description Of those in the queue, in seconds
             */
            longest_wait_s: number;
            /** @description Server processes of this database; dead ones for an hour */
            nodes: components["schemas"]["Node"][] | null;
            /**
             * Format: int64
             * @description Conversations that are not resolved
             */
            open: number;
            /** Format: int64 */
            queued: number;
            /**
             * Format: int64
             * @description Since midnight UTC, as the next two
             */
            resolved_today: number;
            /**
             * Format: int64
             * @description Visitors with a socket; those of other nodes as of some seconds ago
             */
            visitors_online: number;
            /** Format: int64 */
            with_bot: number;
            /** Format: int64 */
            with_human: number;
        };
        StepInputBody: {
            note?: string;
            /**
             * Format: int64
             * @description The one that was read
             */
            revision: number;
        };
        Suggestion: {
            /** @description It has places to fill in where personal data stood */
            blanks: boolean;
            /**
             * Format: double
             * @description That it answers the question, 0–1
             */
            confidence: number;
            /** @description Goes with the message that is made of it, as suggestion */
            id: string;
            /** @description For staff: to be read, not pasted */
            internal: boolean;
            /** @description Id of the article, canned reply or past answer */
            item: string;
            locale: string;
            /** @description The words of matched that the question has too */
            marks: components["schemas"]["Mark"][];
            /** @description The text that speaks for it */
            matched: string;
            /** @description The beginning of an internal article */
            preview?: string;
            /** Format: int64 */
            rank: number;
            /** @enum {string} */
            source: "article" | "canned" | "solved";
            /** @description To insert; empty when internal */
            text: string;
            /** @description Of the article or canned reply; of a past answer who gave it */
            title: string;
            /** Format: int32 */
            version?: number;
        };
        Suggestions: {
            /**
             * Format: double
             * @description Below this confidence nothing is suggested
             */
            floor: number;
            /** @description At most three, best first */
            items: components["schemas"]["Suggestion"][];
            /** @description What was looked up */
            question: string;
            /**
             * Format: int32
             * @description The visitor's message that they are for; 0 = nothing is asked
             */
            seq: number;
        };
        Summary: {
            /** @description The same in a language model's words, checked against them; empty = none */
            reworded?: string;
            /** @description The visitor's own */
            sentences: string[];
        };
        Tally: {
            /** Format: int64 */
            answer: number;
            /** Format: int64 */
            clarify: number;
            /** Format: int64 */
            handover: number;
            /** Format: int64 */
            reply: number;
        };
        Team: {
            id: string;
            members: components["schemas"]["TeamMember"][];
            name: string;
        };
        TeamMember: {
            /**
             * Format: int64
             * @description Open conversations in hand
             */
            active: number;
            /**
             * Format: int64
             * @description How many the router may give them
             */
            cap: number;
            id: string;
            name: string;
            /** @enum {string} */
            presence: "online" | "away" | "offline";
        };
        Teams: {
            teams: components["schemas"]["Team"][];
        };
        TEIError: {
            error: string;
            /** @enum {string} */
            error_type: "Unhealthy" | "Backend" | "Overloaded" | "Validation" | "Tokenizer" | "Empty" | "Unauthorized";
        };
        TEIInfo: {
            /** @description Always false: a text that is too long is refused unless truncate is sent */
            auto_truncate: boolean;
            docker_label: string | null;
            /** Format: int64 */
            max_batch_requests: number | null;
            /**
             * Format: int64
             * @description Padded tokens of one run
             */
            max_batch_tokens: number;
            /**
             * Format: int64
             * @description Texts of one request
             */
            max_client_batch_size: number;
            /** Format: int64 */
            max_concurrent_requests: number;
            /**
             * Format: int64
             * @description Tokens of a text, special tokens included
             */
            max_input_length: number;
            /**
             * @description What vectors and scores are computed in
             * @example float32
             */
            model_dtype: string;
            /** @example frontdesk-static-zh-en */
            model_id: string;
            /** @description Commit on the hub that it was pulled from */
            model_sha: string | null;
            /** @description {"embedding": {"pooling": …}} */
            model_type: {
                [key: string]: unknown;
            };
            /** @description All that are in use */
            models: components["schemas"]["OpenAIModel"][];
            rerank: components["schemas"]["TEIRerankInfo"];
            sha: string | null;
            /** Format: int64 */
            tokenization_workers: number;
            version: string;
        };
        TEIPrediction: {
            label: string;
            /** Format: float */
            score: number;
        };
        TEIRank: {
            /**
             * Format: int64
             * @description Place among the texts that were sent
             */
            index: number;
            /** Format: float */
            score: number;
            /** @description With return_text only */
            text?: string;
        };
        TEIRerankInfo: {
            /**
             * @description pairs: a reranker reads query and text together; cosine: of the embedding model's vectors
             * @enum {string}
             */
            method: "pairs" | "cosine";
            model_id: string;
        };
        TEIToken: {
            /** Format: int32 */
            id: number;
            special: boolean;
            /** Format: int64 */
            start: number | null;
            /** Format: int64 */
            stop: number | null;
            text: string;
        };
        ToStruct: {
            /** @description User id */
            agent?: string;
            /** @description Team id */
            team?: string;
        };
        TranscriptLink: {
            /** @description Name of who made it */
            agent: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            /**
             * @description Of the page
             * @enum {string}
             */
            locale: "zh-CN" | "en";
            /** @enum {string} */
            made_by: "visitor" | "agent";
            /**
             * Format: int64
             * @description Times
             */
            opened: number;
            /** @description The same from the server's root */
            path: string;
            /** Format: date-time */
            revoked_at: string | null;
            /** @description Empty when it opens nothing any more */
            url: string;
        };
        TranscriptLinks: {
            links: components["schemas"]["TranscriptLink"][];
        };
        TransferInputBody: {
            conversation: string;
            /** @description For the next agent */
            reason?: string;
            /** @description Exactly one of agent and team */
            to: components["schemas"]["ToStruct"];
        };
        Translations: {
            id: string;
            translations: components["schemas"]["Article"][];
        };
        TurnOutcome: {
            action: string;
            /** Format: double */
            answerable: number;
            article?: string;
            best?: string;
            /** Format: double */
            confidence: number;
            /** Format: double */
            decided: number;
            locale?: string;
            offers?: string[] | null;
            reason: string;
            title?: string;
            /** Format: int32 */
            version?: number;
        };
        Unread: {
            conversations: components["schemas"]["UnreadConversation"][];
            /** Format: int64 */
            total: number;
        };
        UnreadConversation: {
            assignee: components["schemas"]["Person"] | null;
            contact: components["schemas"]["Contact"];
            conversation: string;
            last_author: string;
            last_message: string;
            /** Format: date-time */
            last_message_at: string | null;
            /** Format: int32 */
            last_seq: number;
            /** @enum {string} */
            owner: "bot" | "queue" | "human";
            /** @enum {string} */
            status: "open" | "snoozed" | "resolved";
            /** Format: int64 */
            unread: number;
        };
        UpdateMeInputBody: {
            /** @enum {string} */
            locale?: "zh-CN" | "en";
            name?: string;
        };
        VisitorDeleteInputBody: {
            /** @description A UUIDv7 made by the client for this removal */
            cid: string;
            /** @description One of the visitor's conversations */
            conversation: string;
            /**
             * Format: int32
             * @description The message
             */
            seq: number;
        };
        VisitorReadInputBody: {
            conversation: string;
            /**
             * Format: int32
             * @description Highest seq received without a hole
             */
            delivered?: number;
            /**
             * Format: int32
             * @description Highest seq that was on the screen
             */
            read?: number;
        };
        VisitorSendInputBody: {
            /** @description The id of the pressed button */
            button?: string;
            /** @description A UUIDv7 made by the client; the same one is stored once */
            cid: string;
            /** @description 1–10,000 characters */
            content: string;
            /** @description Without it the visitor's current one */
            conversation?: string;
            /**
             * @default text
             * @enum {string}
             */
            type: "text";
        };
        VisitorSession: {
            agents_online: boolean;
            contact: string;
            conversation: string;
            /** Format: date-time */
            expires_at: string;
            /** @description The site vouched for the visitor: POST /api/visitor/identify */
            identified: boolean;
            site: components["schemas"]["VisitorSite"];
            state: components["schemas"]["VisitorState"];
            /** @description Send it as a Bearer token, and in the socket's hello */
            token: string;
        };
        VisitorSite: {
            key: string;
            locale: string;
            name: string;
        };
        VisitorState: {
            /** @description Whether an agent who may take the conversation is there now */
            agents_online: boolean;
            assignee: components["schemas"]["Person"] | null;
            conversation: string;
            /** @description The address that an answer can go to: the one the visitor left, else what the site vouched for; or empty */
            email: string;
            /** Format: int32 */
            last_seq: number;
            /** @enum {string} */
            owner: "bot" | "queue" | "human";
            /** Format: int32 */
            owner_epoch: number;
            /** @enum {string} */
            status: "open" | "snoozed" | "resolved";
        };
        VisitorTranscriptInputBody: {
            /** @description Without it the current one */
            conversation?: string;
            /**
             * @description Of the page
             * @enum {string}
             */
            locale?: "zh-CN" | "en";
        };
        Why: {
            /** @description What it was asked, what it found, what it was held against */
            packet: components["schemas"]["Packet"];
            /** @description What the visitor saw */
            text: string;
            /** Format: date-time */
            time: string | null;
            /** @description Of the articles named, as published now; one that is gone is left out */
            titles: {
                [key: string]: string;
            };
            /** @description False for turns of before the whole trace was stored */
            whole: boolean;
        };
        WordGroup: {
            /** Format: int64 */
            id: number;
            /**
             * @description synonym: all mean the same; alias: the first is searched for where another stands; code: kept whole and compared exactly
             * @enum {string}
             */
            kind: "synonym" | "alias" | "code";
            /**
             * @description Empty = both languages
             * @enum {string}
             */
            locale: "" | "zh-CN" | "en";
            words: string[];
        };
        WordList: {
            groups: components["schemas"]["WordGroup"][];
        };
        WordsBody: {
            /** @enum {string} */
            kind: "synonym" | "alias" | "code";
            /**
             * @description Empty = both languages
             * @enum {string}
             */
            locale?: "" | "zh-CN" | "en";
            words: string[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
