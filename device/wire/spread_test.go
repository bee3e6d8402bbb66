package wire_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"marque/device/wire"
)

// spreadObjects returns what carries lists between devices. Pieces, queries and answers end where the record or datagram ends.
func spreadObjects(t testing.TB) map[string]object {
	t.Helper()
	order := wire.Order{Generation: 1, Base: 2, Sequence: 515}
	ref := [4]byte{1, 2, 3, 4}
	return map[string]object{
		"list request": {
			marshalled(t, &wire.ListRequest{Order: order, Most: 1 << 20, Offset: 4096}, &wire.ListRequest{Order: order}, &wire.ListRequest{Most: 1}),
			reencoded(wire.ParseListRequest),
		},
		"list piece": {
			marshalled(t, &wire.ListPiece{Total: 5000, Offset: 4096, Data: []byte("the rest")}, &wire.ListPiece{}), reencoded(wire.ParseListPiece),
		},
		"list query":  {marshalled(t, &wire.ListQuery{Ref: ref, Order: order, Size: 64}), reencoded(wire.ParseListQuery)},
		"list answer": {marshalled(t, &wire.ListAnswer{Ref: ref, Statement: []byte("a statement")}), reencoded(wire.ParseListAnswer)},
	}
}

func TestSpreadObjects(t *testing.T) {
	for name, o := range spreadObjects(t) {
		for _, b := range o.valid {
			if again, err := o.again(b); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%s: %x, %v", name, again, err)
			}
			if wire.Sniff(b) != wire.FoundUnknown {
				t.Errorf("%s looks like something that people exchange", name)
			}
		}
	}
}

// spreadCases are the vectors: what a reader must take, and what it must refuse.
func spreadCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	put := func(name, object, expect, comment string, b []byte) {
		out[name] = &vector{Comment: comment, Object: object, Expect: expect, Input: hex.EncodeToString(b)}
	}
	all := spreadObjects(t)
	request, piece := all["list request"].valid, all["list piece"].valid
	query, answer := all["list query"].valid[0], all["list answer"].valid[0]
	put("list-request", "list request", "ok", "goes on with a statement", request[0])
	put("list-request-tells", "list request", "ok", "asks for nothing", request[1])
	put("list-request-cut", "list request", "ErrEncoding", "cut off", request[0][:19])
	put("list-request-trailing", "list request", "ErrEncoding", "trailing octet", append(bytes.Clone(request[0]), 0))
	put("list-request-most", "list request", "ErrValue", "more than the longest list", splice(request[0], 12, 16, []byte{1, 0, 0, 1}))
	put("list-request-offset", "list request", "ErrValue", "has as many octets as it asks for", splice(request[0], 16, 20, []byte{0, 0x10, 0, 0}))
	put("list-piece", "list piece", "ok", "the end of a statement", piece[0])
	put("list-piece-none", "list piece", "ok", "there is nothing to give", piece[1])
	put("list-piece-cut", "list piece", "ErrEncoding", "cut off", piece[0][:7])
	put("list-piece-empty", "list piece", "ErrValue", "no octets of a statement", piece[0][:8])
	put("list-piece-outside", "list piece", "ErrValue", "reaches beyond the statement", splice(piece[0], 4, 8, []byte{0, 0, 0x13, 0x81}))
	put("list-piece-long", "list piece", "ErrTooLong", "4,097 octets", append([]byte{0, 0, 0x20, 0, 0, 0, 0, 0}, make([]byte, 4097)...))
	put("list-query", "list query", "ok", "of 64 octets", query)
	put("list-query-shortest", "list query", "ok", "of 17 octets", query[:17])
	put("list-query-cut", "list query", "ErrEncoding", "cut off", query[:16])
	put("list-query-padding", "list query", "ErrEncoding", "padding that is not zero", splice(query, 63, 64, []byte{1}))
	put("list-query-mode", "list query", "ErrType", "an answer's mode", splice(query, 0, 1, []byte{wire.ModeListAnswer}))
	put("list-answer", "list answer", "ok", "layout only: the statement is a filler", answer)
	put("list-answer-empty", "list answer", "ErrEncoding", "no statement", answer[:5])
	put("list-answer-mode", "list answer", "ErrType", "a query's mode", splice(answer, 0, 1, []byte{wire.ModeListQuery}))
}

func FuzzListRequest(f *testing.F) { fuzz(f, spreadObjects(f)["list request"]) }

func FuzzListPiece(f *testing.F) { fuzz(f, spreadObjects(f)["list piece"]) }

func FuzzListQuery(f *testing.F) { fuzz(f, spreadObjects(f)["list query"]) }

func FuzzListAnswer(f *testing.F) { fuzz(f, spreadObjects(f)["list answer"]) }
