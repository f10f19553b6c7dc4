package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// Config is everything an operator can set. Sources, later ones winning: the
// defaults below, the TOML file named by --config or FRONTDESK_CONFIG, the
// environment (FRONTDESK_ + the key in capitals, dots as underscores:
// FRONTDESK_LOG_LEVEL), the flags. docs/configuration.md lists every key.
type Config struct {
	// Addr is the address that HTTP is served on, host:port. An empty host means all interfaces. Defaults to ":8080".
	Addr string `koanf:"addr"`
	// PublicURL is how browsers reach the server, without a trailing slash; https makes cookies Secure. Defaults to http://localhost:PORT.
	PublicURL string `koanf:"public_url"`
	// Data is the directory of the private cluster's lock and, not as root, its files. Defaults to "frontdesk-data".
	Data string `koanf:"data"`
	// EgressAllow lists private ranges (CIDR, or single addresses) that addresses typed by people may lead to: a model hub,
	// later webhooks and crawls. Everything else that is not public is refused. Defaults to none.
	EgressAllow []string `koanf:"egress_allow"`

	// fault is called at the points of chat.FaultPoints; nil but in a server that a test hurts (faults.go). Not a key.
	fault func(point string) error
	// inherited is what the process was started with; nil where nobody looked (inherit.go). Not a key.
	inherited *inheritance

	Database  DatabaseConfig  `koanf:"database"`
	Inference InferenceConfig `koanf:"inference"`
	Models    ModelsConfig    `koanf:"models"`
	Bot       BotConfig       `koanf:"bot"`
	Chat      ChatConfig      `koanf:"chat"`
	Routing   RoutingConfig   `koanf:"routing"`
	Web       WebConfig       `koanf:"web"`
	NATS      NATSConfig      `koanf:"nats"`
	Log       LogConfig       `koanf:"log"`
}

// DatabaseConfig says where PostgreSQL is.
type DatabaseConfig struct {
	// URL of an external PostgreSQL ≥ 15 with pgvector. Empty means a private cluster that the server makes and runs. Defaults to "".
	URL string `koanf:"url"`
	// MaxConns bounds the pool. Defaults to 16.
	MaxConns int `koanf:"max_conns"`
}

// InferenceConfig sizes the engine.
type InferenceConfig struct {
	// Library is the path of libonnxruntime. Empty means: looked for beside the binary and in the checkout. Defaults to "".
	Library string `koanf:"library"`
	// Slots is the number of model runs at once. 0 means one a core. Defaults to 0.
	Slots int `koanf:"slots"`
	// RequestsPerMinute bounds the model requests of an API key without a limit of its own. 0 means no limit. Defaults to 600.
	RequestsPerMinute int `koanf:"requests_per_minute"`
	// TokensPerMinute bounds the tokens of the same. 0 means no limit. Defaults to 1,000,000.
	TokensPerMinute int `koanf:"tokens_per_minute"`
	// ClientBatch bounds the texts of one request to /embed, /rerank, /predict and /tokenize, 1–2048. Defaults to 32.
	ClientBatch int `koanf:"client_batch"`
	// Aliases are names that /v1/embeddings takes for the embedding model in use, beside its own; comma-separated in the environment. Defaults to none.
	Aliases []string `koanf:"aliases"`
}

// ModelsConfig says where model bundles lie and where they come from.
type ModelsConfig struct {
	// Dir is the folder of the installed bundles. Empty means models below Data. Defaults to "".
	Dir string `koanf:"dir"`
	// Hub is the base URL of the model hub that bundles are pulled from (also HF_ENDPOINT). Empty means that pull asks for it. Defaults to "".
	Hub string `koanf:"hub"`
	// Token is sent to the hub, and to no other host (also HF_TOKEN). Defaults to "".
	Token string `koanf:"token"`
}

// BotConfig holds the decision thresholds on the calibrated confidence.
type BotConfig struct {
	// AnswerAt is the least confidence, 0–1, at which the bot answers. 0 means the one learnt for the knowledge base,
	// or 0.65 where nothing was. Defaults to 0.
	AnswerAt float64 `koanf:"answer_at"`
	// ClarifyAt is the least probability, 0–1, that anything in the knowledge base answers, at which the bot answers or
	// offers choices; below, it hands over. 0 means the one learnt for the knowledge base, or 0.4 where nothing was. Defaults to 0.
	ClarifyAt float64 `koanf:"clarify_at"`
	// CacheMB bounds the memory, in MiB, for decisions that are kept for whoever asks the same: 8–1024. 0 keeps none. Defaults to 32.
	CacheMB int `koanf:"cache_mb"`
	// Generator may put answers into other words where a site's policy lets it; off unless its URL is set.
	Generator GeneratorConfig `koanf:"generator"`
}

// GeneratorConfig says where a text generator is: any server that speaks OpenAI's POST /chat/completions.
type GeneratorConfig struct {
	// URL is the base of its API, such as https://llm.example.com/v1; an address in your own network must stand in
	// egress_allow. Empty means none. Defaults to "".
	URL string `koanf:"url"`
	// Model is the name that requests carry. Defaults to "".
	Model string `koanf:"model"`
	// Key is sent as a Bearer token, and to no other host. Defaults to "".
	Key string `koanf:"key"`
	// Timeout bounds a whole call; a visitor may wait as long before the verbatim answer goes out. Defaults to 3s.
	Timeout time.Duration `koanf:"timeout"`
}

// ChatConfig sizes the conversation log's writer.
type ChatConfig struct {
	// Writers is the number of log writers, 1–8; each holds one connection while it commits. Defaults to 2.
	Writers int `koanf:"writers"`
}

// WebConfig limits what clients may do.
type WebConfig struct {
	// SessionsPerMinute bounds new visitor sessions an address may start; loopback is exempt. 0 means no limit. Defaults to 120.
	SessionsPerMinute int `koanf:"sessions_per_minute"`
	// MessagesPerMinute bounds what one visitor writes, half of it at once; loopback is exempt. A message beyond is refused with the
	// time after which it is taken, and is not lost. 0 means no limit. Defaults to 60.
	MessagesPerMinute int `koanf:"messages_per_minute"`
	// AddressMessagesPerMinute is the same for all visitors of one network address. Defaults to 600.
	AddressMessagesPerMinute int `koanf:"address_messages_per_minute"`
	// SendsPerSecond bounds the messages one visitor may send; four times as many may come at once. 0 means no limit. Defaults to 50.
	SendsPerSecond int `koanf:"sends_per_second"`
	// MetricsToken, if set, must be sent as a Bearer token to read /metrics. Defaults to "" (open).
	MetricsToken string `koanf:"metrics_token"`
	// TrustProxy takes the client's address from X-Forwarded-For. Set it only behind a proxy that overwrites the header. Defaults to false.
	TrustProxy bool `koanf:"trust_proxy"`
	// Compression lets sockets compress frames of 1 KiB and more (permessage-deflate), for clients that offer it. It costs processor
	// time and memory while frames are written. Defaults to false.
	Compression bool `koanf:"compression"`
	// DrainDelay is how long a stop only says that the server is not ready, before it closes anything: until a proxy has noticed. Defaults to 0s.
	DrainDelay time.Duration `koanf:"drain_delay"`
	// DrainTimeout is how long a stop waits for requests in flight and spreads the closing of sockets. Defaults to 10s.
	DrainTimeout time.Duration `koanf:"drain_timeout"`
}

// LogConfig says what is logged and how.
type LogConfig struct {
	// Level is debug, info, warn or error. Defaults to info.
	Level string `koanf:"level"`
	// Format is text or json. Defaults to text.
	Format string `koanf:"format"`
}

func defaultConfig() Config {
	return Config{
		Addr:     ":8080",
		Data:     "frontdesk-data",
		Database: DatabaseConfig{MaxConns: 16},
		Inference: InferenceConfig{
			RequestsPerMinute: 600, TokensPerMinute: 1_000_000, ClientBatch: 32, Aliases: []string{},
		},
		Bot:     BotConfig{CacheMB: 32, Generator: GeneratorConfig{Timeout: 3 * time.Second}},
		Chat:    ChatConfig{Writers: 2},
		Routing: RoutingConfig{Enabled: true},
		Web:     WebConfig{SessionsPerMinute: 120, SendsPerSecond: 50, MessagesPerMinute: 60, AddressMessagesPerMinute: 600, DrainTimeout: 10 * time.Second},
		Log:     LogConfig{Level: "info", Format: "text"},
	}
}

// options are the persistent flags. Those left alone do not override file and environment.
type options struct {
	flags  *pflag.FlagSet
	config string
}

// flagKeys maps flags to the configuration keys that they set.
func flagKeys() map[string]string {
	return map[string]string{
		"addr": "addr", "public-url": "public_url", "data": "data", "database-url": "database.url",
		"onnxruntime": "inference.library", "log-level": "log.level", "log-format": "log.format",
		"nats-url": "nats.url", "nats-listen": "nats.listen",
	}
}

func (o *options) bind(flags *pflag.FlagSet) {
	o.flags = flags
	flags.StringVar(&o.config, "config", "", "configuration file (TOML; also FRONTDESK_CONFIG)")
	flags.String("addr", "", "address to serve on (default :8080)")
	flags.String("public-url", "", "how browsers reach the server (default http://localhost:PORT)")
	flags.String("data", "", "data directory (default frontdesk-data)")
	flags.String("database-url", "", "external PostgreSQL; without it a private cluster is used")
	flags.String("onnxruntime", "", "path of libonnxruntime (default: looked for beside the binary and in the checkout)")
	flags.String("nats-url", "", "NATS servers that several nodes share; without it a server inside this process")
	flags.String("nats-listen", "", "address where the server inside this process serves other nodes (default: no port)")
	flags.String("log-level", "", "debug, info, warn or error (default info)")
	flags.String("log-format", "", "text or json (default text)")
}

// load reads the configuration from all its sources and validates it.
// environ is os.Environ's form.
func (o *options) load(environ []string) (Config, error) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(defaultConfig(), "koanf"), nil); err != nil {
		return Config{}, fmt.Errorf("load defaults: %w", err)
	}
	known := k.Keys()

	path := o.config
	if path == "" {
		path = lookup(environ, "FRONTDESK_CONFIG")
	}
	if path != "" {
		if err := loadFile(k, path, known); err != nil {
			return Config{}, err
		}
	}
	if err := k.Load(confmap.Provider(hubVariables(environ), "."), nil); err != nil {
		return Config{}, fmt.Errorf("read environment: %w", err)
	}
	byEnv := map[string]string{"FRONTDESK_ONNXRUNTIME": "inference.library", "FRONTDESK_DATABASE_URL": "database.url"}
	for _, key := range known {
		byEnv["FRONTDESK_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))] = key
	}
	if err := k.Load(env.Provider(".", env.Opt{
		Prefix:      "FRONTDESK_",
		EnvironFunc: func() []string { return environ },
		// Unknown FRONTDESK_ variables are left alone: Kubernetes makes some of its own (FRONTDESK_SERVICE_HOST).
		TransformFunc: func(name, value string) (string, any) {
			if value == "" {
				return "", nil
			}
			if byEnv[name] == "egress_allow" {
				return byEnv[name], strings.Split(strings.ReplaceAll(value, " ", ""), ",")
			}
			return byEnv[name], value
		},
	}), nil); err != nil {
		return Config{}, fmt.Errorf("read environment: %w", err)
	}
	set := map[string]any{}
	for flag, key := range flagKeys() {
		if f := o.flags.Lookup(flag); f != nil && f.Changed {
			set[key] = f.Value.String()
		}
	}
	if err := k.Load(confmap.Provider(set, "."), nil); err != nil {
		return Config{}, fmt.Errorf("read flags: %w", err)
	}
	var cfg Config
	if err := k.Unmarshal("", &cfg); err != nil {
		return Config{}, fmt.Errorf("configuration: a value has the wrong form (numbers, durations like 10s, true or false): %w", err)
	}
	if err := cfg.validate(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

func loadFile(k *koanf.Koanf, path string, known []string) error {
	only := koanf.New(".")
	if err := only.Load(file.Provider(path), toml.Parser()); err != nil {
		return fmt.Errorf("read configuration file %s: %w", path, err)
	}
	var unknown []error
	for _, key := range only.Keys() {
		if !slices.Contains(known, key) {
			unknown = append(unknown, fmt.Errorf("configuration file %s: unknown key %q; known keys: %s", path, key, strings.Join(known, ", ")))
		}
	}
	if err := errors.Join(unknown...); err != nil {
		return err
	}
	return k.Merge(only)
}

// hubVariables returns what the hub's own clients take from the environment
// (huggingface_hub, "Environment variables"): an operator who has set them is understood.
func hubVariables(environ []string) map[string]any {
	set := map[string]any{}
	for name, key := range map[string]string{"HF_ENDPOINT": "models.hub", "HF_TOKEN": "models.token"} {
		if value := lookup(environ, name); value != "" {
			set[key] = value
		}
	}
	return set
}

func lookup(environ []string, name string) string {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// validate checks every key, fills what depends on others and names the key and the mend in each error.
func (c *Config) validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("configuration key %s: "+format, append([]any{key}, args...)...))
	}
	_, port, err := net.SplitHostPort(c.Addr)
	if n, portErr := strconv.Atoi(port); err != nil || portErr != nil || n < 0 || n > 65535 {
		bad("addr", "%q is not host:port; write :8080 or 127.0.0.1:8080", c.Addr)
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://localhost:" + port
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if u, err := url.Parse(c.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		bad("public_url", "%q is not an http or https URL; write https://support.example.com", c.PublicURL)
	}
	if c.Data == "" {
		bad("data", "must name a directory")
	} else if abs, err := filepath.Abs(c.Data); err != nil {
		bad("data", "%v", err)
	} else {
		c.Data = abs
	}
	for i, allowed := range c.EgressAllow {
		if _, err := parsePrefix(allowed); err != nil {
			bad("egress_allow", "entry %d: %q is no range of addresses; write 10.0.0.0/8 or 192.168.1.20", i+1, allowed)
		}
	}
	if c.Models.Dir == "" {
		c.Models.Dir = filepath.Join(c.Data, "models")
	} else if abs, err := filepath.Abs(c.Models.Dir); err != nil {
		bad("models.dir", "%v", err)
	} else {
		c.Models.Dir = abs
	}
	c.Models.Hub = strings.TrimRight(c.Models.Hub, "/")
	if u, err := url.Parse(c.Models.Hub); c.Models.Hub != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil) {
		bad("models.hub", "must be an http or https URL without user and password; write https://hub.example.com and put a token into models.token")
	}
	if strings.ContainsFunc(c.Models.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		bad("models.token", "has spaces or characters that no token has; it is not shown here")
	}
	if c.Database.MaxConns < 4 || c.Database.MaxConns > 1000 {
		bad("database.max_conns", "%d is not within 4–1000", c.Database.MaxConns)
	}
	if c.Inference.Slots < 0 || c.Inference.Slots > 256 {
		bad("inference.slots", "%d is not within 0–256; 0 means one a core", c.Inference.Slots)
	}
	if c.Inference.RequestsPerMinute < 0 {
		bad("inference.requests_per_minute", "%d is negative; 0 means no limit", c.Inference.RequestsPerMinute)
	}
	if c.Inference.TokensPerMinute < 0 {
		bad("inference.tokens_per_minute", "%d is negative; 0 means no limit", c.Inference.TokensPerMinute)
	}
	if c.Inference.ClientBatch < 1 || c.Inference.ClientBatch > 2048 {
		bad("inference.client_batch", "%d is not within 1–2048", c.Inference.ClientBatch)
	}
	if c.Inference.Library != "" {
		if _, err := os.Stat(c.Inference.Library); err != nil {
			bad("inference.library", "%v; leave it empty to use the one of the checkout", err)
		}
	}
	if c.Bot.AnswerAt < 0 || c.Bot.AnswerAt > 1 {
		bad("bot.answer_at", "%v is not within 0–1", c.Bot.AnswerAt)
	}
	if c.Bot.CacheMB != 0 && (c.Bot.CacheMB < 8 || c.Bot.CacheMB > 1024) {
		bad("bot.cache_mb", "%d is neither 0 nor within 8–1024", c.Bot.CacheMB)
	}
	if c.Bot.ClarifyAt < 0 || c.Bot.ClarifyAt > 1 {
		bad("bot.clarify_at", "%v is not within 0–1", c.Bot.ClarifyAt)
	}
	if g := c.Bot.Generator; g.URL != "" {
		if u, err := url.Parse(g.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			bad("bot.generator.url", "must be an http or https URL without user, query and fragment; write https://llm.example.com/v1 and put a key into bot.generator.key")
		}
		if g.Model == "" {
			bad("bot.generator.model", "must name the model to ask, because bot.generator.url is set")
		}
	}
	if strings.ContainsFunc(c.Bot.Generator.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		bad("bot.generator.key", "has spaces or characters that no key has; it is not shown here")
	}
	if t := c.Bot.Generator.Timeout; t < 100*time.Millisecond || t > 4*time.Second {
		bad("bot.generator.timeout", "%v is not within 100ms–4s: a turn of the bot takes 5s at most", t)
	}
	if c.Chat.Writers < 1 || c.Chat.Writers > 8 {
		bad("chat.writers", "%d is not within 1–8", c.Chat.Writers)
	}
	if c.Web.MessagesPerMinute < 0 {
		bad("web.messages_per_minute", "%d is negative; 0 means no limit", c.Web.MessagesPerMinute)
	}
	if c.Web.AddressMessagesPerMinute < 0 {
		bad("web.address_messages_per_minute", "%d is negative; 0 means no limit", c.Web.AddressMessagesPerMinute)
	}
	if c.Web.SessionsPerMinute < 0 {
		bad("web.sessions_per_minute", "%d is negative; 0 means no limit", c.Web.SessionsPerMinute)
	}
	if c.Web.SendsPerSecond < 0 {
		bad("web.sends_per_second", "%d is negative; 0 means no limit", c.Web.SendsPerSecond)
	}
	if c.Web.DrainTimeout < time.Millisecond || c.Web.DrainTimeout > 5*time.Minute {
		bad("web.drain_timeout", "%v is not within 1ms–5m", c.Web.DrainTimeout)
	}
	if c.Web.DrainDelay < 0 || c.Web.DrainDelay > 5*time.Minute {
		bad("web.drain_delay", "%v is not within 0s–5m", c.Web.DrainDelay)
	}
	c.NATS.validate(bad)
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		bad("log.level", "%q is not debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format", "%q is not text or json", c.Log.Format)
	}
	return errors.Join(errs...)
}

// parsePrefix reads a CIDR range or a single address.
func parsePrefix(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Prefix(addr.BitLen())
	}
	return netip.ParsePrefix(s)
}

// egress returns the ranges of EgressAllow, which were validated.
func (c Config) egress() []netip.Prefix {
	ranges := make([]netip.Prefix, 0, len(c.EgressAllow))
	for _, s := range c.EgressAllow {
		if p, err := parsePrefix(s); err == nil {
			ranges = append(ranges, p)
		}
	}
	return ranges
}

// logger returns the process's logger. It writes to stderr: stdout is for what a command was asked for.
func (c Config) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // validated
	opts := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}
