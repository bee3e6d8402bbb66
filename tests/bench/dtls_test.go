package bench

import (
	"context"
	"crypto/x509"
	"fmt"
	"testing"

	"github.com/pion/dtls/v3"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
)

// dtlsSession is DTLS 1.2 with the certificates of tlsSession on both sides.
func dtlsSession(tb testing.TB) side {
	c := newChain(tb, false)
	var p pipes
	return side{
		prepare: func(n int) error {
			p.open(n)
			return nil
		},
		run: func(i int) error {
			return both(func() error { return c.dtlsClient(p[i]) }, func() error { return c.dtlsServer(p[i]) })
		},
		finish: func() error { return p.close() },
		octets: func(i int) float64 { return p.octets(i) },
	}
}

func (c *chain) dtlsClient(p *pipe) error {
	conn, err := dtls.ClientWithOptions(
		dtlsnet.PacketConnFromConn(p.a), p.a.RemoteAddr(), dtls.WithCertificates(c.client),
		dtls.WithInsecureSkipVerify(true), dtls.WithVerifyPeerCertificate(c.verify))
	if err != nil {
		return err
	}
	return conn.HandshakeContext(context.Background())
}

func (c *chain) dtlsServer(p *pipe) error {
	conn, err := dtls.ServerWithOptions(
		dtlsnet.PacketConnFromConn(p.b), p.b.RemoteAddr(), dtls.WithCertificates(c.server),
		dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithVerifyPeerCertificate(c.verify))
	if err != nil {
		return err
	}
	return conn.HandshakeContext(context.Background())
}

// verify does what the library would, which knows no clock but the machine's.
func (c *chain) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) != 1 {
		return fmt.Errorf("the peer showed %d certificates", len(raw))
	}
	peer, err := x509.ParseCertificate(raw[0])
	if err != nil {
		return err
	}
	_, err = peer.Verify(x509.VerifyOptions{Roots: c.roots, CurrentTime: noon, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}
