package carry

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"marque/app/qr"
	"marque/device/wire"
)

// The errors of payloads.
var (
	// ErrForeign: it is no file of ours that goes into codes.
	ErrForeign = errors.New("codes carry requests, packages, lists, cores, receipts and what depots make, and this is none of them; " +
		"check that the right file was named")
	// ErrDisguised: a code or a series says that it is something else than it is.
	ErrDisguised = errors.New("the code is not what it says that it is; show it anew, and ask who made it")
	// ErrOther: it is a file of ours, but not the one that was asked for.
	ErrOther = errors.New("that is not what was asked for; name the right file or pictures")
)

// Payload is a file of ours that codes carry. What it says is not verified.
type Payload struct {
	Found   wire.Found
	Content []byte
}

// kind is how one kind of file becomes codes.
type kind struct {
	found wire.Found
	typ   qr.Type
	ext   string
	// A text of its own, which readers know without parts; nil without one.
	text  func([]byte) string
	parse func(string) ([]byte, error)
}

var kinds = []kind{
	{wire.FoundRequest, 'R', ".mqr", wire.RequestText, wire.ParseRequestText},
	{wire.FoundReceipt, 'A', ".mqa", wire.ReceiptText, wire.ParseReceiptText},
	{wire.FoundDepot, 'D', ".mqk", wire.RegistrationText, wire.ParseRegistrationText},
	{wire.FoundPackage, 'P', ".mqp", nil, nil},
	{wire.FoundBundle, 'L', ".mql", nil, nil},
	{wire.FoundStatement, 'K', ".mqs", nil, nil},
	{wire.FoundBatch, 'B', ".mqd", nil, nil},
	{wire.FoundReceipts, 'E', ".mqt", nil, nil},
	{wire.FoundManifest, 'M', ".mqm", nil, nil},
}

// texts are the kinds of texts, by what Sniff calls them.
var texts = map[wire.Found]wire.Found{
	wire.FoundRequestText: wire.FoundRequest, wire.FoundReceiptText: wire.FoundReceipt, wire.FoundDepotText: wire.FoundDepot,
}

func kindOf(found wire.Found) *kind {
	for i := range kinds {
		if kinds[i].found == found {
			return &kinds[i]
		}
	}
	return nil
}

// Recognise says what a file is; a text of a code becomes what it stands for. Errors: [ErrForeign], [ErrDisguised], and those of
// wire's texts.
func Recognise(b []byte) (Payload, error) {
	found := wire.Sniff(b)
	if of, ok := texts[found]; ok {
		content, err := kindOf(of).parse(strings.TrimSpace(string(b)))
		if err != nil {
			return Payload{}, err
		}
		if wire.Sniff(content) != of {
			return Payload{}, ErrDisguised
		}
		return Payload{Found: of, Content: content}, nil
	}
	if kindOf(found) == nil {
		return Payload{}, ErrForeign
	}
	return Payload{Found: found, Content: b}, nil
}

// recogniseJoined checks that a series holds what its type says.
func recogniseJoined(j *qr.Joined) (Payload, error) {
	for _, k := range kinds {
		if k.typ == j.Type && wire.Sniff(j.Payload) == k.found {
			return Payload{Found: k.found, Content: j.Payload}, nil
		}
	}
	return Payload{}, ErrDisguised
}

// Name returns a name for a file of the payload: what it is, eight digits of its SHA-256, and the extension of its kind.
func (p Payload) Name() string {
	k := kindOf(p.Found)
	if k == nil {
		return ""
	}
	names := map[wire.Found]string{
		wire.FoundRequest: "request", wire.FoundReceipt: "receipt", wire.FoundDepot: "depot", wire.FoundPackage: "package", wire.FoundBundle: "list",
		wire.FoundStatement: "core", wire.FoundBatch: "batch", wire.FoundReceipts: "receipts", wire.FoundManifest: "manifest",
	}
	hash := sha256.Sum256(p.Content)
	return fmt.Sprintf("%s-%x%s", names[p.Found], hash[:4], k.ext)
}

// Is returns the content if it is of that kind: [ErrOther] says what it is instead.
func (p Payload) Is(want wire.Found) ([]byte, error) {
	if p.Found != want {
		return nil, fmt.Errorf("it is a %s and no %s: %w", p.Found, want, ErrOther)
	}
	return p.Content, nil
}
