package onem2m

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// errConnack says that the broker does not want this client.
var errConnack = errors.New("the broker turned the connection away; give it a user and password that it knows")

// mqttBinding speaks TS-0010 over MQTT 3.1.1, which that names. One request runs at a time, so the packets are written and read right here,
// with the codec of Eclipse Paho and without its client, which brings WebSocket, TLS and goroutines along.
type mqttBinding struct {
	target *target
	o      Options

	mu   sync.Mutex
	conn net.Conn // nil: not connected
	in   *bufio.Reader
	last uint16 // packet identifier
}

func newMQTT(t *target, o Options) *mqttBinding { return &mqttBinding{target: t, o: o} }

// topic is where requests to the CSE, or responses of it, are published. A topic has colons for the slashes
// in an originator, and none for those before it.
func (m *mqttBinding) topic(kind string) string {
	return "/oneM2M/" + kind + "/" + strings.ReplaceAll(strings.TrimLeft(m.o.Originator, "/"), "/", ":") + "/" + m.target.cse + "/json"
}

func (m *mqttBinding) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conn == nil {
		return nil
	}
	_ = m.conn.SetDeadline(time.Unix(1, 0)) // what does not fit the buffers at once is not worth waiting for
	_ = packets.NewControlPacket(packets.Disconnect).Write(m.conn)
	err := m.conn.Close()
	m.conn = nil
	return err
}

func (m *mqttBinding) do(ctx context.Context, q *request) (*answer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.try(ctx, q)
	if err != nil && m.conn != nil { // the next request begins with a new connection, on which nothing is under way
		_ = m.conn.Close()
		m.conn = nil
	}
	return a, err
}

func (m *mqttBinding) try(ctx context.Context, q *request) (*answer, error) {
	body, err := q.primitive(m.o.Originator, m.o.Release)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	if m.conn == nil {
		if m.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", m.target.host); err != nil {
			m.conn = nil
			return nil, unreachable(err)
		}
		m.in = bufio.NewReader(m.conn)
		stop := m.during(ctx)
		err = m.greet(q.id)
		stop()
		if err != nil {
			return nil, err
		}
	}
	defer m.during(ctx)()
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket) // it makes what it is asked for
	p.Qos, p.TopicName, p.MessageID, p.Payload = 1, m.topic("req"), m.next(), body
	if err := p.Write(m.conn); err != nil {
		return nil, unreachable(err)
	}
	return m.await(q.id)
}

// during lets the connection work for as long as the context lasts.
func (m *mqttBinding) during(ctx context.Context) (stop func()) {
	conn := m.conn
	_ = conn.SetDeadline(time.Time{})
	end := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() { end() }
}

// greet connects to the broker and subscribes to responses. The client's identifier differs each time, since a broker hangs up on the older
// of two clients with one: an originator may post while it waits for messages elsewhere.
func (m *mqttBinding) greet(random string) error {
	c := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	c.ProtocolName, c.ProtocolVersion, c.CleanSession = "MQTT", 4, true
	c.ClientIdentifier = "A::" + random[:16] // 19 octets; every broker takes 23
	if m.o.User != "" {
		c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = true, m.o.User, true, []byte(m.o.Password)
	}
	if err := c.Write(m.conn); err != nil {
		return unreachable(err)
	}
	p, err := m.read()
	if err != nil {
		return err
	}
	if ack, ok := p.(*packets.ConnackPacket); !ok {
		return ErrAnswer
	} else if ack.ReturnCode != packets.Accepted {
		return fmt.Errorf("%w: %w", ErrDenied, errConnack)
	}
	s := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	s.MessageID, s.Topics, s.Qoss = m.next(), []string{m.topic("resp")}, []byte{1}
	if err := s.Write(m.conn); err != nil {
		return unreachable(err)
	}
	for {
		p, err := m.read()
		if err != nil {
			return err
		}
		ack, ok := p.(*packets.SubackPacket)
		switch {
		case !ok:
			continue
		case len(ack.ReturnCodes) != 1 || ack.ReturnCodes[0] > 1:
			return fmt.Errorf("%w: %w", ErrDenied, errConnack)
		}
		return nil
	}
}

// await reads until the response to one request comes; all others are for somebody else, or late, or made up.
func (m *mqttBinding) await(id string) (*answer, error) {
	for {
		p, err := m.read()
		if err != nil {
			return nil, err
		}
		message, ok := p.(*packets.PublishPacket)
		if !ok {
			continue
		}
		if message.Qos > 0 {
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID = message.MessageID
			if err := ack.Write(m.conn); err != nil {
				return nil, unreachable(err)
			}
		}
		if a, err := parsePrimitive(message.Payload); err == nil && a.id == id && message.TopicName == m.topic("resp") {
			return a, nil
		}
	}
}

func (m *mqttBinding) next() uint16 {
	if m.last++; m.last == 0 {
		m.last = 1
	}
	return m.last
}

func (m *mqttBinding) read() (packets.ControlPacket, error) { return readPacket(m.in) }

// readPacket reads one packet after a look at its length, for which the codec would allocate up to 256 MiB.
func readPacket(in *bufio.Reader) (packets.ControlPacket, error) {
	const continued = 0x80
	length := 0
	for i := 1; ; i++ {
		head, err := in.Peek(i + 1)
		if err != nil {
			return nil, unreachable(err)
		}
		length |= int(head[i]&^continued) << (7 * (i - 1))
		if head[i]&continued == 0 {
			break
		}
		if i == 4 {
			return nil, ErrAnswer
		}
	}
	if length > maxAnswer {
		return nil, ErrAnswer
	}
	p, err := packets.ReadPacket(in)
	if err != nil {
		return nil, unreachable(err)
	}
	return p, nil
}

// unreachable keeps of an error only what comes from this machine: texts of libraries quote what the other side sent.
func unreachable(err error) error {
	var network *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer in time: %w", ErrUnreachable)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %w", ErrUnreachable, context.Canceled)
	case errors.As(err, &network):
		return fmt.Errorf("%w: %w", ErrUnreachable, network.Err)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the other side hung up: %w", ErrUnreachable)
	}
	return ErrAnswer
}
