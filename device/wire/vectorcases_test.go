package wire_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"

	"marque/device/wire"
)

// vectorCases returns the vectors by file name, without what is derived.
func vectorCases(t *testing.T) map[string]*vector {
	t.Helper()
	out := make(map[string]*vector)
	addressCases(out)
	objectCases(t, out)
	coreCases(t, out)
	trustCases(t, out)
	requestCases(t, out)
	statementCases(t, out)
	messageCases(t, out)
	spreadCases(t, out)
	datagramCases(t, out)
	return out
}

func addressCases(out map[string]*vector) {
	for name, c := range map[string][3]string{
		"address":              {"ok", "//fleet.example/Sbus-4711~17", "directly below the service provider"},
		"address-cse":          {"ok", "//fleet.example/cse1/Cmeter~18", "below a CSE"},
		"address-shortest":     {"ok", "//a/Sb~0", "the shortest"},
		"address-longest":      {"ok", "//fleet.example/" + strings.Repeat("c", 229) + "/Ca~429496", "255 octets"},
		"address-last-serial":  {"ok", "//fleet.example/Sa~4294967295", "the last serial"},
		"address-256":          {"ErrAddress", "//fleet.example/" + strings.Repeat("c", 230) + "/Ca~429496", "256 octets"},
		"address-relative":     {"ErrAddress", "Sbus-4711~17", "relative"},
		"address-relative-sp":  {"ErrAddress", "/cse1/Cbus-4711~17", "relative to the service provider"},
		"address-upper":        {"ErrAddress", "//Fleet.example/Sbus-4711~17", "upper case in the domain"},
		"address-dot":          {"ErrAddress", "//fleet.example/./Cbus-4711~17", "dot segment"},
		"address-dots":         {"ErrAddress", "//fleet.example/../Cbus-4711~17", "dot segment"},
		"address-tilde":        {"ErrAddress", "//fleet.example/Sbus~4711~17", "~ in the name"},
		"address-zero":         {"ErrAddress", "//fleet.example/Sbus-4711~017", "leading zero"},
		"address-serial":       {"ErrAddress", "//fleet.example/Sbus-4711~4294967296", "serial of 33 bits"},
		"address-form":         {"ErrAddress", "//fleet.example/Cbus-4711~17", "C without a CSE"},
		"address-form-cse":     {"ErrAddress", "//fleet.example/cse1/Sbus-4711~17", "S below a CSE"},
		"address-trailing-dot": {"ErrAddress", "//fleet.example./Sbus-4711~17", "empty label"},
		"address-name-49":      {"ErrAddress", "//fleet.example/S" + strings.Repeat("n", 49) + "~1", "name of 49 octets"},
	} {
		out[name] = &vector{Comment: c[2], Object: "address", Expect: c[0], Text: c[1]}
	}
}

// objectCases takes each format once as it is, and once each in the ways in which lenient readers accept more.
func objectCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	for object, o := range cborObjects(t) {
		name := strings.ReplaceAll(object, " ", "-")
		for i, b := range o.valid {
			at := name
			if i > 0 {
				at += "-" + strconv.Itoa(i+1)
			}
			out[at] = &vector{Comment: "as it should be", Object: object, Expect: "ok", Input: hex.EncodeToString(b)}
		}
		b := o.valid[0]
		for suffix, c := range map[string][]byte{
			"long-head":  wider(b, heads(b)[1])[0],
			"indefinite": indefinite(b, heads(b)[0]),
			"trailing":   append(bytes.Clone(b), 0),
			"cut":        b[:len(b)-1],
		} {
			out[name+"-"+suffix] = &vector{
				Comment: "another encoding: " + suffix, Object: object, Expect: "ErrEncoding", Input: hex.EncodeToString(c),
			}
		}
		version := bytes.Clone(b)
		version[1] = 2
		out[name+"-version"] = &vector{Comment: "version 2", Object: object, Expect: "ErrValue", Input: hex.EncodeToString(version)}
	}
	out["receipt"].Seeds = hexes("master", masterSeed, "statement", statementSeed)
	out["core"].Seeds = hexes("master", masterSeed, "statement", statementSeed)
}

func coreCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	c := newRealm(t).core
	b := must(c.Marshal())(t)
	with := func(old, v []byte) string { return hex.EncodeToString(bytes.Replace(b, old, v, 1)) }
	smallOrder := make([]byte, 32)
	smallOrder[0] = 1
	infinity := make([]byte, 48)
	infinity[0] = 0xc0
	long := *c
	long.SPIDs = longDomains(128)
	long.Realm = long.SPIDs[0]
	most := must(long.Marshal())(t)
	last := []byte(long.SPIDs[15])
	above := bytes.Replace(most, append([]byte{0x78, 128}, last...), append([]byte{0x78, 129}, append(last, 'e')...), 1)
	for name, v := range map[string]*vector{
		"core-x-identity": {Comment: "X is the identity", Expect: "ErrValue", Input: with(c.X[:], make([]byte, 32))},
		"core-z-identity": {Comment: "Z is the identity", Expect: "ErrValue", Input: with(c.Z[:], infinity)},
		"core-z-subgroup": {Comment: "Z outside the subgroup", Expect: "ErrValue", Input: with(c.Z[:], outsideG1[:])},
		"core-small-order": {
			Comment: "statement key of order 1", Expect: "ErrStatementKey", Input: with(c.StatementKey[:], smallOrder),
		},
		"core-realm": {Comment: "realm that is no domain of it", Expect: "ErrValue", Input: with([]byte("fleet.example"), []byte("fleet.exampl3"))},
		"core-order": {
			Comment: "domains not sorted", Expect: "ErrValue", Input: with([]byte("depot.fleet.example"), []byte("zepot.fleet.example")),
		},
		"core-domains":          {Comment: "domains of 2,048 octets", Expect: "ok", Input: hex.EncodeToString(most)},
		"core-domains-too-long": {Comment: "domains of 2,049 octets", Expect: "ErrTooLong", Input: hex.EncodeToString(above)},
		"core-upper":            {Comment: "domain in upper case", Expect: "ErrSPID", Input: with([]byte("depot.fleet"), []byte("Depot.fleet"))},
	} {
		v.Object = "core"
		out[name] = v
	}
}

func requestCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	r, _ := enrolment(t, "bus-471")
	b := must(r.Marshal())(t)
	text := wire.RequestText(b)
	altered := bytes.Replace(b, []byte("bus-471"), []byte("bus-472"), 1)
	tilde := bytes.Replace(b, []byte("bus-471"), []byte("bus~471"), 1)
	for name, v := range map[string]*vector{
		"request-name":  {Comment: "another name than was signed", Expect: "ErrProof", Input: hex.EncodeToString(altered)},
		"request-tilde": {Comment: "~ in the name", Expect: "ErrName", Input: hex.EncodeToString(tilde)},
	} {
		v.Object = "request"
		out[name] = v
	}
	for name, v := range map[string]*vector{
		"requesttext":           {Comment: "as it should be", Expect: "ok", Text: text},
		"requesttext-checksum":  {Comment: "two characters exchanged", Expect: "ErrChecksum", Text: text[:20] + text[21:22] + text[20:21] + text[22:]},
		"requesttext-lower":     {Comment: "lower case", Expect: "ErrType", Text: strings.ToLower(text)},
		"requesttext-break":     {Comment: "line break", Expect: "ErrEncoding", Text: text + "\n"},
		"requesttext-unused":    {Comment: "a bit that belongs to no octet", Expect: "ErrEncoding", Text: unusedBits()},
		"requesttext-something": {Comment: "a web link", Expect: "ErrType", Text: "https://fleet.example/"},
	} {
		v.Object = "request text"
		out[name] = v
	}
}

func statementCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	r := newRealm(t)
	for name, o := range statements(t) {
		typ := wire.Type(name[strings.LastIndexByte(name, ' ')+1:])
		out["statement-"+string(typ)] = &vector{Comment: "as it should be", Expect: "ok", Type: typ, Input: hex.EncodeToString(o.valid[0])}
	}
	payload := string(must(r.policy().Marshal())(t))
	good := handmade(goodMap, "\xa0", payload)
	for name, v := range map[string]*vector{
		"statement-order": {Comment: "keys of the header in another order, signed so", Expect: "ErrEncoding", Input: hex.EncodeToString(
			handmade("\xa3"+issPart+algorithm+typePart, "\xa0", payload))},
		"statement-junk": {Comment: "something in the unprotected header", Expect: "ErrEncoding", Input: hex.EncodeToString(
			handmade(goodMap, "\xa1\x04\x41\x00", payload))},
		"statement-text-type": {Comment: "type as text", Expect: "ErrEncoding", Input: hex.EncodeToString(
			handmade("\xa3"+algorithm+issPart+"\x10"+tstr("application/vnd.marque.policy"), "\xa0", payload))},
		"statement-no-type": {Comment: "a content format that is no type, signed so", Expect: "ErrType", Input: hex.EncodeToString(
			handmade("\xa3"+algorithm+issPart+"\x10\x19\xfd\xee", "\xa0", payload))},
		"statement-long-head": {Comment: "a head that is not the shortest", Expect: "ErrEncoding", Input: hex.EncodeToString(
			wider(good, heads(good)[2])[0])},
		"statement-untagged":  {Comment: "without tag 18", Expect: "ErrEncoding", Input: hex.EncodeToString(good[1:])},
		"statement-trailing":  {Comment: "trailing octet", Expect: "ErrEncoding", Input: hex.EncodeToString(append(bytes.Clone(good), 0))},
		"statement-signature": {Comment: "last bit flipped", Expect: "ErrSignature", Input: hex.EncodeToString(flipped(good, 8*(len(good)-1)))},
		"statement-realm":     {Comment: "of another realm", Expect: "ErrRealm", Realm: "other.example", Input: hex.EncodeToString(good)},
		"statement-other":     {Comment: "of another type", Expect: "ErrType", Type: wire.TypeCheckpoint, Input: hex.EncodeToString(good)},
	} {
		out[name] = v
	}
	for name, v := range out {
		if !strings.HasPrefix(name, "statement-") {
			continue
		}
		v.Object, v.Key = "statement", hex.EncodeToString(r.core.StatementKey[:])
		v.Seeds = hexes("statement", statementSeed)
		if key := depotKey(); v.Type == wire.TypeDepot || v.Type == wire.TypeBatch || v.Type == wire.TypeReceipts {
			v.Key, v.Seeds = hex.EncodeToString(key[:]), hexes("depot", depot.Seed())
		}
		if v.Realm == "" {
			v.Realm = r.core.Realm
		}
		if v.Type == "" {
			v.Type = wire.TypePolicy
		}
	}
}

func messageCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	put := func(name, object, expect, comment string, b []byte) {
		out[name] = &vector{Comment: comment, Object: object, Expect: expect, Input: hex.EncodeToString(b)}
	}
	for object, o := range binaryObjects(t) {
		for i, b := range o.valid {
			put(object+[]string{"", "-2"}[i], object, "ok", "layout only: signature and points are fillers", b)
		}
		put(object+"-cut", object, "ErrEncoding", "cut off", o.valid[0][:min(20, len(o.valid[0])-1)])
	}
	crowd := must(several(t, wire.ModeColdSeveral, 2, plain(t, false)).Marshal())(t)
	put("several-one", "several", "ErrValue", "one recipient", splice(crowd, 9, 10, []byte{1}))
	put("several-65", "several", "ErrValue", "65 recipients", slices.Concat(crowd[:9], []byte{65}, crowd[10:], make([]byte, 63*48)))
	put("several-more", "several", "ErrEncoding", "more recipients than there are wraps", splice(crowd, 9, 10, []byte{64}))
	put("several-mode", "several", "ErrType", "a mode that has one recipient", splice(crowd, 0, 1, []byte{wire.ModeCold}))
	call := must(opening(t).Marshal())(t)
	put("opening-mode", "opening", "ErrType", "the mode of a cold message", splice(call, 0, 1, []byte{wire.ModeCold}))
	put("opening-long", "opening", "ErrTooLong", "an octet longer than the longest", append(call, make([]byte, wire.MaxOpening+1-len(call))...))
	put("early-long", "early", "ErrTooLong", "an octet more than may go with a call", append(must(early("").Marshal())(t), make([]byte, wire.MaxEarly+1)...))
	asks := must((&wire.FullRequest{}).Marshal())(t)
	put("full-request-trailing", "full-request", "ErrEncoding", "trailing octet", append(bytes.Clone(asks), 0))
	put("full-request-mode", "full-request", "ErrType", "the mode of a short broadcast", splice(asks, 0, 1, []byte{wire.ModeBroadcastShort}))
	long := must(broadcast(t, false).Marshal())(t)
	put("broadcast-mode", "broadcast", "ErrType", "an octet of mode that is no broadcast", append([]byte{0x13}, long[1:]...))
	put("broadcast-relative", "broadcast", "ErrAddress", "sender not canonical", bytes.Replace(long, []byte("//fleet"), []byte("//Fleet"), 1))
	put("broadcast-time", "broadcast", "ErrTime", "a time after the year 9999", splice(long, 5, 13, bytes.Repeat([]byte{0xff}, 8)))
	put("auth-trailing", "auth", "ErrEncoding", "trailing octet", append(must(auth(t).Marshal())(t), 0))
	named := must(plain(t, false).Marshal())(t)
	put("plain-form", "plain", "ErrEncoding", "unknown form of sender", append([]byte{2}, named[1:]...))
}
