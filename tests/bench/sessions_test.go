package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"marque/device"
)

// pipe is a connection in memory that counts the octets sent into both ends.
type pipe struct {
	a, b net.Conn
	sent atomic.Int64
}

type countingConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

func newPipe() *pipe {
	p := &pipe{}
	a, b := net.Pipe()
	p.a, p.b = countingConn{a, &p.sent}, countingConn{b, &p.sent}
	return p
}

// both runs the two sides of a handshake and waits for both.
func both(client, server func() error) error {
	done := make(chan error, 1)
	go func() { done <- server() }()
	err := client()
	return errors.Join(err, <-done)
}

// compare makes both sides of a comparison.
type compare func(tb testing.TB) (ours, theirs side)

// sessionTimes compares full handshakes in which both sides prove who they are, between devices that never met.
func sessionTimes(peer func(testing.TB) side) compare {
	return func(tb testing.TB) (ours, theirs side) {
		return timed(marqueSession(tb, false)), timed(peer(tb))
	}
}

// timed is a side counted by its time.
func timed(s side) side {
	s.octets = nil
	return s
}

// hybridTimes and hybridOctets compare the same with ML-KEM-768 beside X25519 on both sides.
func hybridTimes(tb testing.TB) (ours, theirs side) {
	return timed(marqueSession(tb, true)), timed(tlsHybrid(tb))
}

func hybridOctets(tb testing.TB) (ours, theirs side) {
	return marqueSession(tb, true), tlsHybrid(tb)
}

// sessionOctets counts what the same handshakes put on the wire.
func sessionOctets(peer func(testing.TB) side) compare {
	return func(tb testing.TB) (ours, theirs side) { return marqueSession(tb, false), peer(tb) }
}

// pipes are the connections of one block.
type pipes []*pipe

func (p *pipes) open(n int) {
	*p = nil
	for range n {
		*p = append(*p, newPipe())
	}
}

func (p pipes) octets(i int) float64 { return float64(p[i].sent.Load()) }

func (p pipes) close() error {
	var errs []error
	for _, c := range p {
		errs = append(errs, c.a.Close(), c.b.Close())
	}
	return errors.Join(errs...)
}

// openingTimes compares a session of strangers that begins with a question with a cold message that asks it, and a session after it.
func openingTimes(tb testing.TB) (ours, theirs side) {
	return timed(marqueOpening(tb)), timed(classical(marqueCalls(tb, func(from, to *device.Device, conn net.Conn) error {
		question, _, err := from.Seal(address(to), make([]byte, 32), device.SealOptions{RequireCold: true})
		if err != nil {
			return err
		}
		if _, err = to.Open(question); err != nil {
			return err
		}
		_, err = from.Client(context.Background(), conn, address(to))
		return err
	})))
}

// openingOctets counts it beside TLS, which has no such thing between strangers.
func openingOctets(tb testing.TB) (ours, theirs side) { return marqueOpening(tb), tlsSession(tb) }

func marqueOpening(tb testing.TB) side {
	return classical(marqueCalls(tb, func(from, to *device.Device, conn net.Conn) error {
		_, err := from.ClientEarly(context.Background(), conn, address(to), make([]byte, 32))
		return err
	}))
}

// classical makes sure that the devices do not demand hybrid sessions.
func classical(s side, f *fleet) side { return demanding(s, f, false) }

func demanding(s side, f *fleet, hybrid bool) side {
	prepare := s.prepare
	s.prepare = func(n int) error {
		f.hybrid = hybrid
		return prepare(n)
	}
	return s
}

func marqueSession(tb testing.TB, hybrid bool) side {
	s, f := marqueCalls(tb, func(from, to *device.Device, conn net.Conn) error {
		_, err := from.Client(context.Background(), conn, address(to))
		return err
	})
	return demanding(s, f, hybrid)
}

// marqueCalls has strangers call one device.
func marqueCalls(tb testing.TB, call func(from, to *device.Device, conn net.Conn) error) (side, *fleet) {
	tb.Helper()
	f := newFleet(tb)
	var devices []*device.Device
	var p pipes
	return side{
		most: talkers,
		prepare: func(n int) (err error) {
			p.open(n)
			devices, err = f.strangers(n)
			return err
		},
		run: func(i int) error {
			client := func() error { return call(devices[1+i], devices[0], p[i].a) }
			server := func() error {
				_, err := devices[0].Server(context.Background(), p[i].b)
				return err
			}
			return both(client, server)
		},
		finish: func() error { return errors.Join(p.close(), closeAll(devices)) },
		octets: func(i int) float64 { return p.octets(i) },
	}, f
}

// tlsSession is TLS 1.3 with certificates on both sides, as small as they come: P-256 keys, one name, directly below the root. Tickets
// are off, and the key agreement is X25519 alone, as in a session.
func tlsSession(tb testing.TB) side { return tlsSide(newChain(tb, false), tls.X25519) }

// tlsChain is the same with an intermediate authority, as where the root is kept offline.
func tlsChain(tb testing.TB) side { return tlsSide(newChain(tb, true), tls.X25519) }

// tlsHybrid is that with X25519MLKEM768.
func tlsHybrid(tb testing.TB) side { return tlsSide(newChain(tb, true), tls.X25519MLKEM768) }

// chain is a root, and two parties with certificates below it.
type chain struct {
	roots          *x509.CertPool
	server, client tls.Certificate
}

// newChain makes a chain; the parties then show an intermediate certificate beside their own.
func newChain(tb testing.TB, intermediate bool) *chain {
	root, key, _ := certify(tb, "fleet", nil, nil, true)
	c := &chain{roots: x509.NewCertPool()}
	c.roots.AddCert(root)
	var between [][]byte
	if intermediate {
		below, belowKey, made := certify(tb, "depot", root, key, true)
		root, key, between = below, belowKey, made.Certificate
	}
	_, _, c.server = certify(tb, "bus-0", root, key, false)
	_, _, c.client = certify(tb, "bus-1", root, key, false)
	c.server.Certificate = append(c.server.Certificate, between...)
	c.client.Certificate = append(c.client.Certificate, between...)
	return c
}

func tlsSide(c *chain, agreement tls.CurveID) side {
	config := func(own tls.Certificate) *tls.Config {
		return &tls.Config{
			Certificates: []tls.Certificate{own}, RootCAs: c.roots, ClientCAs: c.roots, ServerName: "bus-0",
			ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
			CurvePreferences: []tls.CurveID{agreement}, SessionTicketsDisabled: true, Time: func() time.Time { return noon },
		}
	}
	serverConfig, clientConfig := config(c.server), config(c.client)
	var p pipes
	return side{
		prepare: func(n int) error {
			p.open(n)
			return nil
		},
		run: func(i int) error {
			return both(tls.Client(p[i].a, clientConfig).Handshake, tls.Server(p[i].b, serverConfig).Handshake)
		},
		finish: func() error { return p.close() },
		octets: func(i int) float64 { return p.octets(i) },
	}
}

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// certify makes a key and its certificate below a parent, or a root; an authority may sign further ones.
func certify(tb testing.TB, name string, parent *x509.Certificate, signer *ecdsa.PrivateKey, authority bool) (*x509.Certificate, *ecdsa.PrivateKey, tls.Certificate) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour),
	}
	if authority {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	} else {
		template.Subject, template.DNSNames = pkix.Name{}, []string{name}
	}
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return parsed, key, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}
}
