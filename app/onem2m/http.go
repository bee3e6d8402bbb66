package onem2m

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// httpBinding speaks TS-0009. It writes and reads HTTP over a connection of its own for each request: no redirects, proxies, cookies or
// compression, nothing that an answer could make larger than it is; and http.Client with what belongs to it has 1.5 MB.
type httpBinding struct {
	target *target
	o      Options
}

func (h *httpBinding) close() error { return nil }

func (h *httpBinding) do(ctx context.Context, q *request) (*answer, error) {
	r, err := h.request(ctx, q)
	if err != nil {
		return nil, err
	}
	conn, done, err := dial(ctx, h.target.host)
	if err != nil {
		return nil, err
	}
	defer done()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return nil, ErrTarget
	}
	_, werr := conn.Write(b.Bytes())
	a, err := readHTTP(bufio.NewReader(io.LimitReader(conn, maxAnswer)), r, q)
	if err != nil && werr != nil { // else the server said what it thinks before it had read all
		return nil, unreachable(werr)
	}
	return a, err
}

// request makes the HTTP request of a primitive.
func (h *httpBinding) request(ctx context.Context, q *request) (*http.Request, error) {
	method, body, kind := http.MethodGet, []byte(nil), ""
	if q.op == opCreate {
		var err error
		if body, err = json.Marshal(q.body()); err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		method, kind = http.MethodPost, fmt.Sprintf("application/json;ty=%d", typeInstance)
	}
	url := "http://" + h.target.host + path(q.to)
	if q.discover {
		url += fmt.Sprintf("?fu=%d&ty=%d&lim=%d", discovery, typeInstance, MaxList)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, ErrTarget
	}
	r.Close = true
	r.Header.Set("Accept", "application/json")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("X-M2M-Origin", h.o.Originator)
	r.Header.Set("X-M2M-RI", q.id)
	r.Header.Set("X-M2M-RVI", h.o.Release)
	if h.o.User != "" {
		r.SetBasicAuth(h.o.User, h.o.Password)
	}
	return r, nil
}

// readHTTP reads an answer. The status in its header counts; without one, that of HTTP does.
func readHTTP(from *bufio.Reader, r *http.Request, q *request) (*answer, error) {
	response, err := http.ReadResponse(from, r)
	if err != nil {
		return nil, unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, unreachable(err)
	}
	a := &answer{id: response.Header.Get("X-M2M-RI")}
	if a.id != "" && a.id != q.id {
		return nil, fmt.Errorf("it answers another request: %w", ErrAnswer)
	}
	var ok bool
	if a.status, ok = number(response.Header.Get("X-M2M-RSC")); !ok {
		a.status = fromHTTP(response.StatusCode)
	}
	if a.status >= 2000 && a.status <= 2999 && len(bytes.TrimSpace(body)) > 0 {
		if a.content, err = object(body); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// fromHTTP gives the status of an answer that has none of oneM2M.
func fromHTTP(status int) int {
	switch {
	case status == http.StatusNotFound:
		return statusNotFound
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return statusDenied
	case status < 1 || status > 599:
		return 0
	}
	return status * 10 // 200 and 201 are successes, whatever their last digit
}

// dial connects for as long as the context lasts. done closes the connection.
func dial(ctx context.Context, host string) (conn net.Conn, done func(), err error) {
	conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, nil, unreachable(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return conn, func() {
		stop()
		_ = conn.Close()
	}, nil
}
