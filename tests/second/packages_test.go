package second

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"

	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// delivery is a file of tests/vectors/packages.
type delivery struct {
	Expect  string   `json:"expect"`
	Name    string   `json:"name"`
	Request string   `json:"request"`
	Hash    string   `json:"request_hash"`
	U       string   `json:"enrolment_key"`
	HPKE    string   `json:"hpke_private"`
	Pin     string   `json:"pin"`
	Package string   `json:"package"`
	Address string   `json:"address"`
	First   uint32   `json:"first_epoch"`
	Keys    []string `json:"keys"`
}

// requested checks a request (section 6.1) and returns its hash, U and HPKE key.
func requested(b []byte) (hash32, u, sealing []byte, ok bool) {
	v, fine := uncbor(b)
	r, is := v.([]any)
	if !fine || !is || len(r) != 8 || len(b) > 220 {
		return nil, nil, nil, false
	}
	u, proof := r[3].([]byte), r[7].([]byte)
	body := cbor(r[:7])
	a, t := proof[:32], little(proof[32:])
	p, fine := decode(u)
	c := hash("marque/v1/enrol", a, u, body)
	if !fine || t.Cmp(order) >= 0 || bytes.Equal(a, make([]byte, 32)) || !bytes.Equal(base.times(t).plus(p.times(c).minus()).encode(), a) {
		return nil, nil, nil, false
	}
	sum := sha256.Sum256(cat(label("marque/v1/request"), b))
	return sum[:], u, r[4].([]byte), true
}

// coreOf reads a core (section 2.2): realm, statement key, X, Z.
type coreOf struct {
	realm     string
	domains   []any
	hash, key []byte
	x, z      []byte
}

func parseCore(b []byte) (c coreOf, ok bool) {
	v, fine := uncbor(b)
	a, is := v.([]any)
	if !fine || !is || len(a) != 11 {
		return c, false
	}
	sum := sha256.Sum256(cat(label("marque/v1/core"), b))
	return coreOf{a[1].(string), a[3].([]any), sum[:], a[9].([]byte), a[7].([]byte), a[8].([]byte)}, true
}

// install is section 6.3; keys are R ‖ y ‖ D.
func (v *delivery) install() (address string, first uint32, keys []string, failure string) {
	// the core stands in the clear in the statement that its key signed
	outer, ok := uncbor(unhex(v.Package))
	t, _ := outer.(tagged)
	four, is := t.item.([]any)
	if !ok || !is || len(four) != 4 {
		return "", 0, nil, "ErrMalformed"
	}
	body, _ := four[2].([]byte)
	inner, _ := uncbor(body)
	p, is := inner.([]any)
	if !is || len(p) != 6 {
		return "", 0, nil, "ErrMalformed"
	}
	raw, _ := p[1].([]byte)
	c, ok := parseCore(raw)
	if !ok {
		return "", 0, nil, "ErrMalformed"
	}
	kind, _, failure := statement(unhex(v.Package), c.realm, c.key)
	switch {
	case failure != "":
		return "", 0, nil, failure
	case kind != "package":
		return "", 0, nil, "ErrMalformed"
	case !bytes.Equal(c.hash, unhex(v.Pin)):
		return "", 0, nil, "ErrWrongPin"
	case !bytes.Equal(p[2].([]byte), unhex(v.Hash)):
		return "", 0, nil, "ErrOtherDevice"
	}
	sequence := uint32(p[3].(uint64))
	plain, ok := v.opened(c, sequence, p[4].([]byte), p[5].([]byte))
	if !ok {
		return "", 0, nil, "ErrBadPackage"
	}
	content, is := plain.([]any)
	if !is || len(content) != 9 || !v.logged(c, content, sequence) || !v.fits(c, content) {
		return "", 0, nil, "ErrBadPackage"
	}
	address, first = content[1].(string), uint32(content[2].(uint64))
	for i, k := range content[3].([]any) {
		key, ok := c.complete(unhex(v.U), identity{c.hash, address, first + uint32(i)}, k.([]byte))
		if !ok {
			return "", 0, nil, "ErrBadPackage"
		}
		keys = append(keys, hex.EncodeToString(key))
	}
	return address, first, keys, "ok"
}

// opened decrypts the content.
func (v *delivery) opened(c coreOf, sequence uint32, enc, ciphertext []byte) (any, bool) {
	private, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(unhex(v.HPKE))
	if err != nil {
		return nil, false
	}
	info := cat(label("marque/v1/package"), c.hash, unhex(v.Hash), u32(sequence))
	r, err := hpke.NewRecipient(enc, private, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, false
	}
	b, err := r.Open(nil, ciphertext)
	if err != nil {
		return nil, false
	}
	return uncbor(b)
}

// fits compares name, domain and form of the address, and the policy.
func (v *delivery) fits(c coreOf, content []any) bool {
	address := content[1].(string)
	domain, rest, ok := strings.Cut(strings.TrimPrefix(address, "//"), "/")
	stem, _, ok2 := strings.Cut(rest, "~")
	if !ok || !ok2 || stem != "S"+v.Name || !slices.Contains(c.domains, any(domain)) {
		return false
	}
	kind, policy, failure := statement(content[4].([]byte), c.realm, c.key)
	return failure == "" && kind == "policy" && len(policy) == 8 && bytes.Equal(policy[1].([]byte), c.hash)
}

// logged checks the entry, and its proof in the tree of the checkpoint (RFC 6962, section 2.1.1).
func (v *delivery) logged(c coreOf, content []any, sequence uint32) bool {
	raw := content[5].([]byte)
	e, ok := uncbor(raw)
	entry, is := e.([]any)
	if !ok || !is || len(entry) != 3 {
		return false
	}
	issue, is := entry[2].([]any)
	keys := content[3].([]any)
	points := label("marque/v1/keys")
	for _, k := range keys {
		points = append(points, k.([]byte)[:32]...)
	}
	sum := sha256.Sum256(points)
	want := []any{uint64(2), content[1], unhex(v.Hash), uint64(sequence), content[2], uint64(len(keys)), sum[:]}
	if !is || !bytes.Equal(cbor(issue), cbor(want)) {
		return false
	}
	kind, head, failure := statement(content[7].([]byte), c.realm, c.key)
	if failure != "" || kind != "checkpoint" || !bytes.Equal(head[1].([]byte), c.hash) {
		return false
	}
	var path [][]byte
	for _, p := range content[8].([]any) {
		path = append(path, p.([]byte))
	}
	leaf := sha256.Sum256(cat([]byte{0}, raw))
	root, ok := walk(leaf[:], content[6].(uint64), head[2].(uint64), path)
	return ok && bytes.Equal(root, head[3].([]byte))
}

// walk is the root that a leaf and its audit path give in a tree of size leaves (RFC 9162, section 2.1.3.2).
func walk(hash []byte, index, size uint64, path [][]byte) ([]byte, bool) {
	if index >= size {
		return nil, false
	}
	fn, sn := index, size-1
	node := func(l, r []byte) []byte { s := sha256.Sum256(cat([]byte{1}, l, r)); return s[:] }
	for _, p := range path {
		if sn == 0 {
			return nil, false
		}
		if fn&1 == 1 || fn == sn {
			hash = node(p, hash)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			hash = node(hash, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	return hash, sn == 0
}

// complete is sections 4.1 and 5.1: y = s + u, yB = R + hX, e(g1, D) = e(Z, Q).
func (c coreOf) complete(u []byte, id identity, key []byte) ([]byte, bool) {
	if len(key) != 160 {
		return nil, false
	}
	r, s, d := key[:32], little(key[32:64]), key[64:]
	want, ok := public(c.x, r, id)
	if !ok || s.Cmp(order) >= 0 {
		return nil, false
	}
	y := new(big.Int).Add(s, little(u))
	y.Mod(y, order)
	if y.Sign() == 0 || !bytes.Equal(base.times(y).encode(), want.encode()) {
		return nil, false
	}
	var q bls.G2
	q.Hash(id.encode(), []byte("marque/v1/bf-id-BLS12381G2_XMD:SHA-256_SSWU_RO_"))
	left, ok := pairing(bls.G1Generator().BytesCompressed(), d)
	right, ok2 := pairing(c.z, q.BytesCompressed())
	if !ok || !ok2 || d[0]&0x80 == 0 || !bytes.Equal(left, right) {
		return nil, false
	}
	return cat(r, octets(y), d), true
}

func TestPackages(t *testing.T) {
	replay(t, "packages", 35, func(t *testing.T, v *delivery) {
		sum, u, sealing, ok := requested(unhex(v.Request))
		if !ok || hex.EncodeToString(sum) != v.Hash || !bytes.Equal(u, base.times(little(unhex(v.U))).encode()) {
			t.Error("the request is none, or of another key")
		}
		if private, err := ecdh.X25519().NewPrivateKey(unhex(v.HPKE)); err != nil || !bytes.Equal(private.PublicKey().Bytes(), sealing) {
			t.Error("the request names another HPKE key")
		}
		address, first, keys, failure := v.install()
		if failure != v.Expect || address != v.Address || first != v.First || !slices.Equal(keys, v.Keys) {
			t.Errorf("%s: %s from epoch %d, %d keys; the vector says %s", failure, address, first, len(keys), v.Expect)
		}
	})
}
