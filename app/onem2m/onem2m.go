// Package onem2m carries messages over oneM2M: it stores them as contentInstances in containers of a CSE, and fetches them from there,
// over HTTP (TS-0009) or MQTT (TS-0010).
//
// Nothing that a CSE says is believed: messages protect themselves, and are verified by package device. A CSE can keep messages back,
// and can repeat, reorder and alter them; what it stored, and when, and from whom, it may say as it likes. So TLS is not spoken here;
// where it is wanted, a proxy on the same machine adds it.
//
// What lives here: requests and lenient, bounded reading of answers. What may not: keys, and anything that decides about a message.
package onem2m

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The errors a program can branch on with errors.Is. None of their texts has anything in it that the other side sent, but status numbers.
var (
	// ErrTarget: the address of the container cannot be used.
	ErrTarget = errors.New("not the address of a container; write http://HOST:PORT/CSE-NAME/…/CONTAINER or mqtt://HOST:PORT/~/CSE-ID/CSE-NAME/…/CONTAINER")
	// ErrOptions: the originator or release cannot be used as given.
	ErrOptions = errors.New("unusable as oneM2M originator, release or login; ask whoever runs the CSE for yours")
	// ErrTooLong: a message has more octets than any message of this protocol.
	ErrTooLong = errors.New("the message is longer than any message can be; send less in one")
	// ErrNothing: the CSE says that there is no such message or container.
	ErrNothing = errors.New("the CSE says that nothing is there; check the address of the container, or come back later")
	// ErrDenied: the CSE says that the originator may not.
	ErrDenied = errors.New("the CSE does not let this originator do that; have its access control policy changed")
	// ErrRefused: the CSE refused for another reason, which the error names by its number.
	ErrRefused = errors.New("the CSE refused; look the status code up in oneM2M TS-0004, section 6.6")
	// ErrAnswer: what came back is no answer of a CSE.
	ErrAnswer = errors.New("the answer is not that of a CSE; check host, port and path")
	// ErrUnreachable: no connection, or no answer in time.
	ErrUnreachable = errors.New("the CSE or its broker does not answer; check host and port, and whether it runs")
)

// Options says which container is meant, and who asks.
type Options struct {
	// Container is the address of a container: http://host:8080/cse-in/parking/inbox, http://host:8080/~/id-in/cse-in/parking/inbox, or
	// mqtt://broker:1883/~/id-in/cse-in/parking/inbox, where id-in is the CSE-ID, which MQTT needs for its topics.
	Container string
	// Originator is who asks, such as Cbus: what X-M2M-Origin or fr says. At most 256 octets.
	Originator string
	// Release is the oneM2M release to speak, such as 3 or 2a; empty stands for 3.
	Release string
	// User and Password, if User is not empty, are for the HTTP server (Basic) or the MQTT broker.
	User, Password string
	// Rand gives request identifiers; nil means crypto/rand.
	Rand io.Reader
}

// Client is one originator's access to one container. It is safe for concurrent use; requests go one after the other.
type Client struct {
	target  *target
	o       Options
	binding binding
}

// binding carries one request to a CSE and its answer back.
type binding interface {
	do(ctx context.Context, q *request) (*answer, error)
	close() error
}

// Instance is one contentInstance. Nothing of it is verified.
type Instance struct {
	ID      string // resource identifier or name, as the CSE gives it; may be empty
	Message []byte // at most MaxMessage octets
}

// New returns a client. It connects when it is first used. Errors: ErrTarget, ErrOptions.
func New(o Options) (*Client, error) {
	t, err := parseTarget(o.Container)
	if err != nil {
		return nil, err
	}
	if o.Release == "" {
		o.Release = "3"
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	switch {
	case !usable(strings.TrimLeft(o.Originator, "/"), maxOriginator, "/:@"):
		return nil, fmt.Errorf("originator: %w", ErrOptions)
	case !usable(o.Release, maxRelease, ""):
		return nil, fmt.Errorf("release: %w", ErrOptions)
	case len(o.User) > maxLogin || len(o.Password) > maxLogin || strings.ContainsAny(o.User+o.Password, "\r\n\x00"):
		return nil, fmt.Errorf("login: %w", ErrOptions)
	}
	c := &Client{target: t, o: o}
	if t.mqtt {
		c.binding = newMQTT(t, o)
	} else {
		c.binding = &httpBinding{target: t, o: o}
	}
	return c, nil
}

// Close ends the connection to a broker, if there is one.
func (c *Client) Close() error { return c.binding.close() }

// Post stores a message of at most MaxMessage octets in the container and returns the name that the CSE gave it, which may be empty.
// That the CSE says so does not mean that it keeps it. Errors: ErrTooLong, ErrNothing, ErrDenied, ErrRefused, ErrAnswer, ErrUnreachable.
func (c *Client) Post(ctx context.Context, message []byte) (string, error) {
	if len(message) > MaxMessage {
		return "", ErrTooLong
	}
	a, err := c.do(ctx, &request{op: opCreate, to: c.target.id, content: base64.StdEncoding.EncodeToString(message)})
	if err != nil {
		return "", err
	}
	i := member(a.content, "cin")
	return name(i), nil
}

// Latest fetches the newest message of the container, as the CSE says; Oldest the oldest. Errors as for Post, but for ErrTooLong.
func (c *Client) Latest(ctx context.Context) (*Instance, error) { return c.Get(ctx, c.target.id+"/la") }

// Oldest fetches the oldest message of the container, as the CSE says.
func (c *Client) Oldest(ctx context.Context) (*Instance, error) { return c.Get(ctx, c.target.id+"/ol") }

// List asks which messages are in the container, and returns at most MaxList of them in the order of the CSE, which means nothing.
func (c *Client) List(ctx context.Context) ([]string, error) {
	a, err := c.do(ctx, &request{op: opRetrieve, to: c.target.id, discover: true})
	if err != nil {
		return nil, err
	}
	return c.target.list(a.content), nil
}

// Get fetches one message that List named.
func (c *Client) Get(ctx context.Context, id string) (*Instance, error) {
	if !validID(id) {
		return nil, ErrTarget
	}
	a, err := c.do(ctx, &request{op: opRetrieve, to: id})
	if err != nil {
		return nil, err
	}
	return instance(a.content)
}

// do gives a request its identifier and a time to end, and judges the status of the answer.
func (c *Client) do(ctx context.Context, q *request) (*answer, error) {
	within, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	id := make([]byte, 16)
	if _, err := io.ReadFull(c.o.Rand, id); err != nil {
		return nil, fmt.Errorf("draw a request identifier: %w", err)
	}
	q.id = fmt.Sprintf("%x", id)
	a, err := c.binding.do(within, q)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case a.status == statusNotFound:
		return nil, ErrNothing
	case a.status == statusDenied || a.status == statusDeniedOld:
		return nil, ErrDenied
	case a.status < 2000 || a.status > 2999:
		return nil, fmt.Errorf("status %d: %w", a.status, ErrRefused)
	}
	return a, nil
}
