package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"
	"time"

	"marque/device/wire"
)

// object is one kind of encoding: a valid one, and its parser followed by its marshaller.
type object struct {
	valid [][]byte
	again func(b []byte) ([]byte, error)
}

type marshaller interface{ Marshal() ([]byte, error) }

// reencoded turns a parser into the function that object wants.
func reencoded[T marshaller](parse func([]byte) (T, error)) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		v, err := parse(b)
		if err != nil {
			return nil, err
		}
		return v.Marshal()
	}
}

func marshalled(t testing.TB, vs ...marshaller) (out [][]byte) {
	t.Helper()
	for _, v := range vs {
		out = append(out, must(v.Marshal())(t))
	}
	return out
}

// cborObjects returns every format that is CBOR, without the statement around it.
func cborObjects(t testing.TB) map[string]object {
	t.Helper()
	r := newRealm(t)
	request, _ := enrolment(t, "bus-471")
	committed := *r.core
	committed.Next = bytes.Repeat([]byte{0x61}, 32)
	hybrid := r.policy()
	hybrid.Hybrid = true
	var logged []marshaller
	for _, e := range entries(t) {
		logged = append(logged, &wire.LogEntry{Time: founded, Entry: e})
	}
	return map[string]object{
		"core":       {marshalled(t, r.core, &committed), reencoded(wire.ParseCore)},
		"policy":     {marshalled(t, r.policy(), hybrid), reencoded(wire.ParsePolicy)},
		"checkpoint": {marshalled(t, r.checkpoint()), reencoded(wire.ParseCheckpoint)},
		"request":    {marshalled(t, request), reencoded(wire.ParseRequest)},
		"package":    {marshalled(t, r.pkg(t)), reencoded(wire.ParsePackage)},
		"content":    {marshalled(t, r.content(t, request, 1)), reencoded(wire.ParseContent)},
		"change":     {marshalled(t, r.change()), reencoded(wire.ParseChange)},
		"compact":    {marshalled(t, r.compact()), reencoded(wire.ParseChange)},
		"bundle":     {marshalled(t, r.bundle()), reencoded(wire.ParseBundle)},
		"regions":    {marshalled(t, r.regions()), reencoded(wire.ParseRegions)},
		"region":     {marshalled(t, r.region(0), r.region(1)), reencoded(wire.ParseRegionFile)},
		"log entry":  {marshalled(t, logged...), reencoded(wire.ParseLogEntry)},
		"receipt":    {marshalled(t, r.receipt(t, wire.Order{Generation: 1, Base: 1, Sequence: 3}), r.receipt(t, wire.Order{})), reencoded(wire.ParseReceipt)},
		"depot":      {marshalled(t, r.registration()), reencoded(wire.ParseRegistration)},
		"batch":      {marshalled(t, r.batch(t)), reencoded(wire.ParseBatch)},
		"receipts": {
			append(marshalled(t, r.receipts(t)), append(marshalled(t, r.told(t, true)), marshalled(t, r.told(t, false))...)...),
			reencoded(wire.ParseReceipts),
		},
		"trust":    {marshalled(t, r.trust(t), r.trustNobody()), reencoded(wire.ParseTrust)},
		"manifest": {marshalled(t, r.manifest()), reencoded(wire.ParseManifest)},
	}
}

// statements returns every type of statement; again opens and signs anew, which is deterministic.
func statements(t testing.TB) map[string]object {
	t.Helper()
	r := newRealm(t)
	all := map[wire.Type]marshaller{
		wire.TypeCore: r.core, wire.TypePolicy: r.policy(), wire.TypePackage: r.pkg(t), wire.TypeBundle: r.bundle(),
		wire.TypeCheckpoint: r.checkpoint(), wire.TypeManifest: r.manifest(), wire.TypeRegions: r.regions(),
		wire.TypeChange: r.change(), wire.TypeTrust: r.trust(t),
	}
	out := make(map[string]object)
	for typ, v := range all {
		out["statement of type "+string(typ)] = object{
			[][]byte{r.sign(t, typ, must(v.Marshal())(t))},
			func(b []byte) ([]byte, error) { return resigned(r, typ, b) },
		}
	}
	for typ, o := range r.handedOver(t) {
		out["statement of type "+string(typ)] = o
	}
	return out
}

func resigned(r *realm, typ wire.Type, b []byte) ([]byte, error) {
	payload, err := wire.OpenStatement(b, typ, r.core.Realm, [32]byte(r.key.Public().(ed25519.PublicKey)))
	if err != nil {
		return nil, err
	}
	return wire.SignStatement(r.key, typ, r.core.Realm, payload)
}

// binaryObjects returns the formats of fixed layout.
func binaryObjects(t testing.TB) map[string]object {
	t.Helper()
	return map[string]object{
		"broadcast": {marshalled(t, broadcast(t, false), broadcast(t, true)), reencoded(wire.ParseBroadcast)},
		"sealed": {
			marshalled(t, sealed(t, wire.ModeCold, plain(t, false)), sealed(t, wire.ModeWarm, plain(t, true))),
			reencoded(wire.ParseSealed),
		},
		"full-request": {marshalled(t, &wire.FullRequest{Ref: [4]byte{1, 2, 3, 4}, KeyRef: [8]byte{8, 7, 6, 5, 4, 3, 2, 1}}), reencoded(wire.ParseFullRequest)},
		"several": {
			marshalled(t, several(t, wire.ModeColdSeveral, 2, plain(t, false)), several(t, wire.ModeWarmSeveral, 3, plain(t, true))),
			reencoded(wire.ParseSeveral),
		},
		"opening": {marshalled(t, opening(t)), reencoded(wire.ParseOpening)},
		"early":   {marshalled(t, early("are you free?"), early("")), reencoded(wire.ParseEarly)},
		"plain":   {marshalled(t, plain(t, false), plain(t, true)), reencoded(wire.ParsePlain)},
		"auth":    {marshalled(t, auth(t), authR(t)), reencoded(wire.ParseAuth)},
		"hello":   {marshalled(t, hello(t), hybridHello(t)), rehello},
	}
}

func rehello(b []byte) ([]byte, error) {
	h, rest, err := wire.ParseHello(b)
	if err != nil {
		return nil, err
	}
	out, err := h.Marshal()
	return append(out, rest...), err
}

func everyObject(t testing.TB) map[string]object {
	t.Helper()
	all := cborObjects(t)
	for _, more := range []map[string]object{statements(t), binaryObjects(t)} {
		for name, o := range more {
			all[name] = o
		}
	}
	return all
}

// every runs f for each valid encoding of each object.
func every(t *testing.T, objects map[string]object, f func(t *testing.T, o object, b []byte)) {
	t.Helper()
	for name, o := range objects {
		t.Run(name, func(t *testing.T) {
			for _, b := range o.valid {
				f(t, o, b)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	every(t, everyObject(t), func(t *testing.T, o object, b []byte) {
		if again := must(o.again(b))(t); !bytes.Equal(again, b) {
			t.Errorf("encoded again as\n%x, was\n%x", again, b)
		}
	})
}

func TestCutOff(t *testing.T) {
	every(t, everyObject(t), func(t *testing.T, o object, b []byte) {
		for n := range b {
			again, err := o.again(b[:n])
			if err == nil && !bytes.Equal(again, b[:n]) { // payloads may be shorter, nothing else
				t.Errorf("the first %d of %d octets were accepted as something else", n, len(b))
			}
		}
	})
}

func TestCutOffCBOR(t *testing.T) {
	objects := cborObjects(t)
	for name, o := range statements(t) {
		objects[name] = o
	}
	every(t, objects, func(t *testing.T, o object, b []byte) {
		for n := range b {
			if _, err := o.again(b[:n]); err == nil {
				t.Errorf("the first %d of %d octets were accepted", n, len(b))
			}
		}
	})
}

func TestTimesThatDoNotFit(t *testing.T) {
	r := newRealm(t)
	for _, at := range []time.Time{{}, time.Unix(-1, 0), founded.Add(time.Nanosecond), founded.Add(time.Microsecond), time.Unix(253402300800, 0)} {
		c := r.checkpoint()
		c.Time = at
		b := broadcast(t, false)
		b.Time = at
		for _, v := range []marshaller{c, b} {
			if _, err := v.Marshal(); !isErr(err, wire.ErrTime) {
				t.Errorf("%T at %v: %v", v, at, err)
			}
		}
	}
}
