package wire_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"marque/device/wire"
)

// text and octet strings, by hand, so that the statement format is checked without the libraries that write it.
func cborString(major byte, s string) string {
	switch n := len(s); {
	case n < 24:
		return string([]byte{major<<5 | byte(n)}) + s
	case n < 256:
		return string([]byte{major<<5 | 24, byte(n)}) + s
	default:
		return string(binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))) + s
	}
}

func bstr(s string) string { return cborString(2, s) }

func tstr(s string) string { return cborString(3, s) }

const (
	algorithm = "\x01\x27"
	typePart  = "\x10\x19\xfd\xea" // 65002, policy
	issPart   = "\x0f\xa1\x01" + "\x6dfleet.example"
	goodMap   = "\xa3" + algorithm + issPart + typePart
)

// handmade signs any protected header, with external data of type policy.
func handmade(protected, unprotected, payload string) []byte {
	key := ed25519.NewKeyFromSeed(statementSeed)
	toSign := "\x84" + tstr("Signature1") + bstr(protected) + bstr("marque/v1/policy") + bstr(payload)
	sig := ed25519.Sign(key, []byte(toSign))
	return []byte("\xd2\x84" + bstr(protected) + unprotected + bstr(payload) + bstr(string(sig)))
}

func TestStatementByHand(t *testing.T) {
	r := newRealm(t)
	payload := must(r.policy().Marshal())(t)
	if got, want := r.sign(t, wire.TypePolicy, payload), handmade(goodMap, "\xa0", string(payload)); !bytes.Equal(got, want) {
		t.Errorf("\n%x, by hand\n%x", got, want)
	}
}

// Header and signature are most of a short list, so every octet of them counts.
func TestStatementOverhead(t *testing.T) {
	r := newRealm(t)
	payload := must(r.policy().Marshal())(t)
	if n := len(r.sign(t, wire.TypePolicy, payload)) - len(payload); n != 97 {
		t.Errorf("%d octets around the payload", n)
	}
}

// TestStatementTypes fixes the number of every type.
func TestStatementTypes(t *testing.T) {
	r := newRealm(t)
	for typ, number := range map[wire.Type]string{
		wire.TypeCore: "\xfd\xe9", wire.TypePolicy: "\xfd\xea", wire.TypePackage: "\xfd\xeb", wire.TypeBundle: "\xfd\xec", wire.TypeCheckpoint: "\xfd\xed",
	} {
		if b := r.sign(t, typ, []byte{0x80}); !bytes.Contains(b, []byte(issPart+"\x10\x19"+number+"\xa0")) {
			t.Errorf("%s: %x", typ, b)
		}
	}
}

func TestStatementHeaders(t *testing.T) {
	r := newRealm(t)
	payload := string(must(r.policy().Marshal())(t))
	key := r.core.StatementKey
	for what, c := range map[string]struct {
		protected, unprotected string
		want                   error
	}{
		"as it should be":          {goodMap, "\xa0", nil},
		"keys in another order":    {"\xa3" + issPart + algorithm + typePart, "\xa0", wire.ErrEncoding},
		"type before issuer":       {"\xa3" + algorithm + typePart + issPart, "\xa0", wire.ErrEncoding},
		"algorithm twice":          {"\xa4" + algorithm + algorithm + issPart + typePart, "\xa0", wire.ErrEncoding},
		"long algorithm":           {"\xa3\x01\x38\x07" + issPart + typePart, "\xa0", wire.ErrEncoding},
		"long key":                 {"\xa3\x18\x01\x27" + issPart + typePart, "\xa0", wire.ErrEncoding},
		"indefinite map":           {"\xbf" + algorithm + issPart + typePart + "\xff", "\xa0", wire.ErrEncoding},
		"trailing octet in header": {goodMap + "\x00", "\xa0", wire.ErrEncoding},
		"another algorithm":        {"\xa3\x01\x26" + issPart + typePart, "\xa0", wire.ErrEncoding},
		"no algorithm":             {"\xa2" + issPart + typePart, "\xa0", wire.ErrEncoding},
		"no issuer":                {"\xa2" + algorithm + typePart, "\xa0", wire.ErrEncoding},
		"no type":                  {"\xa2" + algorithm + issPart, "\xa0", wire.ErrEncoding},
		"empty header":             {"", "\xa0", wire.ErrEncoding},
		"empty map":                {"\xa0", "\xa0", wire.ErrEncoding},
		"critical header":          {"\xa4" + algorithm + "\x02\x81\x10" + issPart + typePart, "\xa0", wire.ErrEncoding},
		"one more header":          {"\xa4" + algorithm + "\x04\x41\x00" + issPart + typePart, "\xa0", wire.ErrEncoding},
		"one more claim":           {"\xa3" + algorithm + "\x0f\xa2\x01\x6dfleet.example\x02\x61x" + typePart, "\xa0", wire.ErrEncoding},
		"type as text":             {"\xa3" + algorithm + issPart + "\x10" + tstr("application/vnd.marque.policy"), "\xa0", wire.ErrEncoding},
		"type in four octets":      {"\xa3" + algorithm + issPart + "\x10\x1a\x00\x00\xfd\xea", "\xa0", wire.ErrEncoding},
		"type beyond 16 bits":      {"\xa3" + algorithm + issPart + "\x10\x1a\x00\x01\xfd\xea", "\xa0", wire.ErrEncoding},
		"type below zero":          {"\xa3" + algorithm + issPart + "\x10\x39\xfd\xea", "\xa0", wire.ErrEncoding},
		"type of CBOR":             {"\xa3" + algorithm + issPart + "\x10\x18\x3c", "\xa0", wire.ErrType},
		"type before the first":    {"\xa3" + algorithm + issPart + "\x10\x19\xfd\xe8", "\xa0", wire.ErrType},
		"type after the last":      {"\xa3" + algorithm + issPart + "\x10\x19\xfd\xee", "\xa0", wire.ErrType},
		"another type":             {"\xa3" + algorithm + issPart + "\x10\x19\xfd\xe9", "\xa0", wire.ErrType},
		"another realm":            {"\xa3" + algorithm + "\x0f\xa1\x01" + tstr("other.example") + typePart, "\xa0", wire.ErrRealm},
		"empty realm":              {"\xa3" + algorithm + "\x0f\xa1\x01\x60" + typePart, "\xa0", wire.ErrRealm},
		"junk unprotected":         {goodMap, "\xa1\x04\x41\x00", wire.ErrEncoding},
		"algorithm unprotected":    {goodMap, "\xa1" + algorithm, wire.ErrEncoding},
		"text unprotected":         {goodMap, "\xa1\x61x\x00", wire.ErrEncoding},
		"list unprotected":         {goodMap, "\x80", wire.ErrEncoding},
		"null unprotected":         {goodMap, "\xf6", wire.ErrEncoding},
		"long empty map":           {goodMap, "\xb8\x00", wire.ErrEncoding},
		"indefinite empty map":     {goodMap, "\xbf\xff", wire.ErrEncoding},
	} {
		_, err := wire.OpenStatement(handmade(c.protected, c.unprotected, payload), wire.TypePolicy, "fleet.example", key)
		if !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestErrorsDoNotQuote(t *testing.T) {
	r := newRealm(t)
	payload := string(must(r.policy().Marshal())(t))
	for _, protected := range []string{
		"\xa2\x65quote\x00\x65quote\x00",
		"\xa4" + algorithm + issPart + typePart + "\x65quote\x00",
		"\xa3" + algorithm + "\x0f\xa1\x01" + tstr("quote") + typePart,
	} {
		b := handmade(protected, "\xa0", payload)
		_, err := wire.OpenStatement(b, wire.TypePolicy, r.core.Realm, r.core.StatementKey)
		if err == nil || strings.Contains(err.Error(), "quote") {
			t.Error(err)
		}
	}
}

func TestStatementOfAnother(t *testing.T) {
	r := newRealm(t)
	b := r.sign(t, wire.TypePolicy, must(r.policy().Marshal())(t))
	_, err := wire.OpenStatement(b, wire.TypeCheckpoint, r.core.Realm, r.core.StatementKey)
	if !isErr(err, wire.ErrType) {
		t.Errorf("type: %v", err)
	}
	if _, err = wire.OpenStatement(b, "rumour", r.core.Realm, r.core.StatementKey); err == nil {
		t.Error("an unknown type was opened")
	}
	if _, err = wire.OpenStatement(b, wire.TypePolicy, "other.example", r.core.StatementKey); !isErr(err, wire.ErrRealm) {
		t.Errorf("realm: %v", err)
	}
	other := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	if _, err = wire.OpenStatement(b, wire.TypePolicy, r.core.Realm, [32]byte(other)); !isErr(err, wire.ErrSignature) {
		t.Errorf("key: %v", err)
	}
	junk := fill[[32]byte](0x99)
	if _, err = wire.OpenStatement(b, wire.TypePolicy, r.core.Realm, junk); !isErr(err, wire.ErrSignature) {
		t.Errorf("no key: %v", err)
	}
}

// TestTypeIsExternalData signs with the external data of another type than the header's.
func TestTypeIsExternalData(t *testing.T) {
	r := newRealm(t)
	payload := string(must(r.checkpoint().Marshal())(t))
	header := "\xa3" + algorithm + issPart + "\x10\x19\xfd\xed"
	_, err := wire.OpenStatement(handmade(header, "\xa0", payload), wire.TypeCheckpoint, r.core.Realm, r.core.StatementKey)
	if !isErr(err, wire.ErrSignature) {
		t.Error(err)
	}
}

func TestOpenCore(t *testing.T) {
	r := newRealm(t)
	b := r.sign(t, wire.TypeCore, must(r.core.Marshal())(t))
	if c := must(wire.OpenCore(b))(t); c.Hash() != r.core.Hash() {
		t.Error("another core came out")
	}
	stranger := ed25519.NewKeyFromSeed(make([]byte, 32))
	b = must(wire.SignStatement(stranger, wire.TypeCore, r.core.Realm, must(r.core.Marshal())(t)))(t)
	if _, err := wire.OpenCore(b); !isErr(err, wire.ErrSignature) {
		t.Errorf("signed by another: %v", err)
	}
	b = must(wire.SignStatement(r.key, wire.TypeCore, "depot.fleet.example", must(r.core.Marshal())(t)))(t)
	if _, err := wire.OpenCore(b); !isErr(err, wire.ErrRealm) {
		t.Errorf("signed for another realm: %v", err)
	}
	if _, err := wire.OpenCore(r.sign(t, wire.TypeCore, []byte{0x80})); !isErr(err, wire.ErrEncoding) {
		t.Errorf("no core in it: %v", err)
	}
}

func TestOpenPackage(t *testing.T) {
	r := newRealm(t)
	payload := must(r.pkg(t).Marshal())(t)
	p, c, err := wire.OpenPackage(r.sign(t, wire.TypePackage, payload))
	if err != nil || c.Hash() != r.core.Hash() || !bytes.Equal(must(p.Marshal())(t), payload) {
		t.Error("another package came out", err)
	}
	stranger := ed25519.NewKeyFromSeed(make([]byte, 32))
	_, _, err = wire.OpenPackage(must(wire.SignStatement(stranger, wire.TypePackage, r.core.Realm, payload))(t))
	if !isErr(err, wire.ErrSignature) {
		t.Errorf("signed by another: %v", err)
	}
	_, _, err = wire.OpenPackage(must(wire.SignStatement(r.key, wire.TypePackage, "depot.fleet.example", payload))(t))
	if !isErr(err, wire.ErrRealm) {
		t.Errorf("signed for another realm: %v", err)
	}
	if _, _, err = wire.OpenPackage(r.sign(t, wire.TypePolicy, payload)); !isErr(err, wire.ErrType) {
		t.Errorf("of another type: %v", err)
	}
	broken := r.pkg(t)
	broken.Core = broken.Core[:len(broken.Core)-1]
	if _, err = broken.Marshal(); !isErr(err, wire.ErrEncoding) {
		t.Errorf("half a core: %v", err)
	}
	broken = r.pkg(t)
	broken.Ciphertext = broken.Ciphertext[:15]
	if _, err = broken.Marshal(); !isErr(err, wire.ErrValue) {
		t.Errorf("no ciphertext: %v", err)
	}
	broken.Ciphertext = make([]byte, wire.MaxPackage)
	if _, err = broken.Marshal(); !isErr(err, wire.ErrTooLong) {
		t.Errorf("too much ciphertext: %v", err)
	}
}

// liar signs something else than it is asked to.
type liar struct{ ed25519.PrivateKey }

func (l liar) Sign(r io.Reader, b []byte, o crypto.SignerOpts) ([]byte, error) {
	return l.PrivateKey.Sign(r, append([]byte{0}, b...), o)
}

func TestSignStatementRefuses(t *testing.T) {
	key := ed25519.NewKeyFromSeed(statementSeed)
	ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	for what, c := range map[string]struct {
		signer  crypto.Signer
		typ     wire.Type
		realm   string
		payload []byte
		want    error
	}{
		"payload too long":   {key, wire.TypePolicy, "fleet.example", make([]byte, wire.MaxStatement), wire.ErrTooLong},
		"unknown type":       {key, "rumour", "fleet.example", []byte{1}, wire.ErrType},
		"impossible realm":   {key, wire.TypePolicy, "Fleet Example", []byte{1}, wire.ErrSPID},
		"no realm":           {key, wire.TypePolicy, "", []byte{1}, wire.ErrSPID},
		"another algorithm":  {ec, wire.TypePolicy, "fleet.example", []byte{1}, wire.ErrStatementKey},
		"a signer that errs": {liar{key}, wire.TypePolicy, "fleet.example", []byte{1}, wire.ErrSignature},
	} {
		if b, err := wire.SignStatement(c.signer, c.typ, c.realm, c.payload); !isErr(err, c.want) || b != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What is peeked at is what is opened, whether or not the signature holds.
func TestPeekStatement(t *testing.T) {
	r := newRealm(t)
	payload := must(r.policy().Marshal())(t)
	b := r.sign(t, wire.TypePolicy, payload)
	b[len(b)-1] ^= 1
	if p, err := wire.PeekStatement(b); err != nil || p.Type != wire.TypePolicy || p.Realm != "fleet.example" || !bytes.Equal(p.Payload, payload) {
		t.Errorf("%+v, %v", p, err)
	}
	long := handmade(goodMap, "\xa0", strings.Repeat("a", 300))
	for want, b := range map[error][]byte{
		wire.ErrEncoding: b[:len(b)-1],
		wire.ErrSPID:     handmade(strings.Replace(goodMap, "fleet.example", "fleet\nexample", 1), "\xa0", "x"),
		wire.ErrType:     handmade("\xa3"+algorithm+issPart+"\x10\x19\xff\xff", "\xa0", "x"),
		wire.ErrTooLong:  append(bytes.Clone(long), make([]byte, wire.MaxBundle)...),
	} {
		if _, err := wire.PeekStatement(b); !isErr(err, want) {
			t.Errorf("%v: %v", want, err)
		}
	}
}
