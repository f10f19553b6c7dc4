package web

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the edge's own series. Labels are bounded: route patterns, not
// paths; frame names, not what a client calls them.
type metrics struct {
	requests     *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	inFlight     prometheus.Gauge
	panics       prometheus.Counter
	authFailures *prometheus.CounterVec
	rateLimited  *prometheus.CounterVec
	sockets      *prometheus.GaugeVec
	opened       *prometheus.CounterVec
	closed       *prometheus.CounterVec
	framesIn     *prometheus.CounterVec
	framesOut    *prometheus.CounterVec
	bytesOut     prometheus.Counter
	dropped      prometheus.Counter
	pingRTT      prometheus.Histogram
	ackDelay     prometheus.Histogram
}

func newMetrics(registry *prometheus.Registry) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "frontdesk", Name: name, Help: help}, labels)
	}
	m := &metrics{
		requests: counter("http_requests_total", "Requests answered, by route pattern, method and status.", "route", "method", "status"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "frontdesk", Name: "http_request_duration_seconds", Help: "Time to answer, by route pattern.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "frontdesk", Name: "http_requests_in_flight", Help: "Requests being answered now.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "frontdesk", Name: "panics_total", Help: "Panics caught in a request or a socket.",
		}),
		authFailures: counter("auth_failures_total", "Credentials refused, by the problem's code.", "code"),
		rateLimited:  counter("rate_limited_total", "Requests and frames refused because one caller asked too often, by what was limited.", "limit"),
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "frontdesk", Name: "sockets", Help: "Open sockets, by kind.",
		}, []string{"kind"}),
		opened:    counter("sockets_opened_total", "Sockets that were accepted, by kind.", "kind"),
		closed:    counter("sockets_closed_total", "Sockets that ended, by kind and reason.", "kind", "reason"),
		framesIn:  counter("frames_received_total", "Frames received, by name.", "frame"),
		framesOut: counter("frames_sent_total", "Frames queued for sending, by name.", "frame"),
		bytesOut: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "frontdesk", Name: "socket_sent_bytes_total", Help: "Payload bytes written to sockets.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "frontdesk", Name: "typing_dropped_total", Help: "Typing signals dropped or merged because a socket was behind.",
		}),
		pingRTT: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "frontdesk", Name: "socket_ping_seconds", Help: "Time from a ping to its pong.",
			Buckets: []float64{.001, .005, .02, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		ackDelay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "frontdesk", Name: "send_ack_seconds", Help: "Time from a send frame read to its ack queued, the durable commit included.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .04, .08, .15, .3, 1, 5},
		}),
	}
	for _, c := range []prometheus.Collector{
		m.requests, m.duration, m.inFlight, m.panics, m.authFailures, m.rateLimited, m.sockets, m.opened, m.closed,
		m.framesIn, m.framesOut, m.bytesOut, m.dropped, m.pingRTT, m.ackDelay,
	} {
		if err := registry.Register(c); err != nil {
			if _, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
				return nil, fmt.Errorf("web: the registry belongs to another server: %w", err)
			}
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	for _, kind := range []string{kindVisitor, kindAgent} { // so that they are 0, not absent, before the first socket
		m.sockets.WithLabelValues(kind).Set(0)
		m.opened.WithLabelValues(kind).Add(0)
		m.closed.WithLabelValues(kind, closeSlow.reason).Add(0)
	}
	for _, code := range []string{"bad_credentials", "token_invalid", "token_expired", "unauthenticated", "invalid_api_key", "missing_api_key"} {
		m.authFailures.WithLabelValues(code).Add(0)
	}
	for _, limit := range []string{"api_key_requests", "api_key_tokens"} {
		m.rateLimited.WithLabelValues(limit).Add(0)
	}
	return m, nil
}
