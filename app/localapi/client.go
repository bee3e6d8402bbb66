package localapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"

	"marque/device/wire"
)

// Options say where a client finds its service.
type Options struct {
	Dir     string // the authority's folder, which need not exist yet
	Socket  string // empty for the one that belongs to Dir: see [Socket]
	Program string // path of marque, which is started as a child when nobody answers; empty to start nothing
	TPM     string // what the child takes for the TPM: a device, or the Unix socket of swtpm; empty for its own choice
}

// Client talks to the service of one authority. It holds the sessions of everybody who signed on through it; all of them go with
// each call, so that several officers act together at one desk. It is safe for concurrent use.
type Client struct {
	ctx  context.Context
	http *http.Client
	end  func() // closes the connections
	kid  *child // nil when the service was there already

	mu     sync.Mutex
	tokens []string
	core   *wire.Core
}

const (
	sessionHeader = "Marque-Session" // one for each token
	endedHeader   = "Marque-Ended"   // of a reply: tokens whose sessions have ended
	resultTrailer = "Marque-Result"  // of a download: JSON of a result
	jsonType      = "application/json"
	streamType    = "application/octet-stream"
	host          = "http://marque"
)

// newClient returns a client of the socket, which nobody has asked for anything yet.
func newClient(ctx context.Context, p *place) *Client {
	t := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return p.dial(ctx) },
		// No proxy, no compression, no HTTP/2. Idle connections stay: they keep an attached service alive.
		DisableCompression: true, MaxIdleConnsPerHost: 2, MaxConnsPerHost: maxPeers / 4,
		MaxResponseHeaderBytes: maxHeader, WriteBufferSize: 64 << 10,
	}
	return &Client{ctx: ctx, http: &http.Client{Transport: t, CheckRedirect: refuseRedirect}, end: t.CloseIdleConnections}
}

func refuseRedirect(*http.Request, []*http.Request) error { return ErrReply }

// Close signs everybody off who signed on through this client, and lets go of the service. A child of this client ends, unless others
// still use it; Close waits until one or the other is so.
func (c *Client) Close() error {
	c.leave()
	c.end()
	if c.kid == nil {
		return nil
	}
	return c.kid.release()
}

// leave ends the sessions of the client, also when its context is done. A service that is gone, or busy, has them end by themselves.
func (c *Client) leave() {
	dropped := c.forget("")
	if len(dropped) == 0 {
		return
	}
	body, err := json.Marshal(tokens{Tokens: dropped})
	if err != nil {
		return
	}
	defer clear(body)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), leaveWait)
	defer cancel()
	if r, err := c.send(ctx, signOff.path(), jsonType, bytes.NewReader(body)); err == nil {
		_ = r.Body.Close()
	}
}

// do makes a call.
func (c call[In, Out]) do(client *Client, in *In) (*Out, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, ErrRequest)
	}
	defer clear(body)
	ctx, cancel := context.WithTimeout(client.ctx, replyWait)
	defer cancel()
	r, err := client.send(ctx, c.path(), jsonType, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	return readReply[Out](r)
}

// send sends a request with the sessions of the client, and returns the reply, which is an error only when there is none.
func (c *Client) send(ctx context.Context, path, kind string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, host+path, body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	r.Header.Set("Content-Type", kind)
	c.mu.Lock()
	for _, token := range c.tokens {
		r.Header.Add(sessionHeader, token)
	}
	c.mu.Unlock()
	response, err := c.http.Do(r)
	if err != nil {
		return nil, c.broken(err)
	}
	for _, token := range response.Header.Values(endedHeader) {
		c.forget(token)
	}
	return response, nil
}

// broken says what a failure of the connection means.
func (c *Client) broken(err error) error {
	switch {
	case errors.Is(err, ErrPeer), errors.Is(err, ErrReply):
		return errors.Unwrap(err) // without net/http's words, which speak of a URL
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e
	}
	return fmt.Errorf("%w (%w)", ErrGone, err)
}

// readReply reads what the service said.
func readReply[Out any](r *http.Response) (*Out, error) {
	limit := int64(maxReply)
	if r.StatusCode != http.StatusOK {
		limit = maxProblem
	}
	b, err := readAll(r.Body, r.ContentLength, limit)
	if err != nil {
		return nil, fmt.Errorf("%w: the reply was %w", ErrGone, err)
	}
	defer clear(b)
	if r.Header.Get("Content-Type") != jsonType {
		return nil, ErrReply
	}
	if r.StatusCode != http.StatusOK {
		return nil, parseProblem(b)
	}
	out := new(Out)
	if err := decode(b, out); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReply, err)
	}
	return out, nil
}

func (c *Client) keep(tokens ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, token := range tokens {
		if token != "" {
			c.tokens = append(c.tokens, token)
		}
	}
}

// forget drops one token, or all of them for "", and returns what was dropped.
func (c *Client) forget(token string) (dropped []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens = slices.DeleteFunc(c.tokens, func(t string) bool {
		drop := token == "" || t == token
		if drop {
			dropped = append(dropped, t)
		}
		return drop
	})
	return dropped
}
