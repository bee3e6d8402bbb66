package device

import (
	"crypto/hkdf"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"slices"

	"marque/device/ibc"
	"marque/device/wire"
)

const (
	contextSeveral = "marque/v1/sealed-several"
	labelCommit    = "marque/v1/several-commit"
	labelContent   = "marque/v1/several-content"
)

// SealAll signs and encrypts a payload of at most 65,536 octets to 1 to 64 addresses at once, none of them twice, and says in which mode: warm
// if the keys of all are known, cold otherwise. To one it is Seal; to n it adds 212 + 48·n octets and the sender's address cold, 196 + 48·n
// and the address warm, and 171 + 48·n warm when all showed that they know this device. It shows how many the recipients are, but neither a
// carrier nor they learn who. All of them open the same payload. If one cannot be sealed to, nothing is sealed at all; errors are as for Seal,
// and ErrOptions for a number of addresses outside the bounds or one that is there twice.
func (d *Device) SealAll(to []wire.Address, payload []byte, o SealOptions) (msg []byte, m Mode, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if len(to) == 1 {
		msg, m, err = d.seal(to[0], payload, o)
	} else {
		msg, m, err = d.sealAll(to, payload, o)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("seal: %w", err)
	}
	return msg, m, nil
}

func (d *Device) sealAll(to []wire.Address, payload []byte, o SealOptions) ([]byte, Mode, error) {
	if len(to) < wire.MinRecipients || len(to) > wire.MaxRecipients {
		return nil, 0, fmt.Errorf("%w: %d addresses, must be 1 to %d", ErrOptions, len(to), wire.MaxRecipients)
	}
	s, err := d.sealing(payload, o)
	if err != nil {
		return nil, 0, err
	}
	defer clear(s.random[:])
	readers := make([]reader, len(to))
	known, knowMe := true, true
	for i, a := range to {
		if slices.Contains(to[:i], a) {
			return nil, 0, fmt.Errorf("%w: %s is among the addresses twice", ErrOptions, a)
		}
		if readers[i], err = d.reader(s, a, o); err != nil {
			return nil, 0, err
		}
		if readers[i].side.hash != readers[0].side.hash {
			return nil, 0, fmt.Errorf("%w: %s is of another realm than %s; seal to those of each realm apart", ErrOptions, a, to[0])
		}
		known, knowMe = known && readers[i].key != nil, knowMe && readers[i].knowsMe
	}
	if known && !o.RequireCold {
		s.name(knowMe && !o.Full)
		msg, err := s.warmAll(readers)
		return msg, ModeWarmSeveral, err
	}
	msg, err := s.coldAll(readers, &d.recipients)
	return msg, ModeColdSeveral, err
}

func (s *sealing) coldAll(to []reader, prepared *recipients) ([]byte, error) {
	ps := make([]*ibc.Recipient, len(to))
	for i, p := range to {
		ps[i] = prepared.get(p.side.params, p.id)
	}
	u, keys, err := s.key.EncapsulateColdAll(s.rand(), ps, s.params(wire.ModeColdSeveral, contextSeveral))
	if err != nil {
		return nil, err
	}
	return s.finishAll(wire.ModeColdSeveral, to, u[:], keys)
}

func (s *sealing) warmAll(to []reader) ([]byte, error) {
	ps := make([]*ibc.PublicKey, len(to))
	for i, p := range to {
		ps[i] = p.key
	}
	e, keys, err := s.key.EncapsulateWarmAll(s.rand(), ps, s.params(wire.ModeWarmSeveral, contextSeveral))
	if err != nil {
		return nil, err
	}
	return s.finishAll(wire.ModeWarmSeveral, to, e[:], keys)
}

// finishAll draws a content key, wraps it under the key of each recipient, signs, and encrypts.
func (s *sealing) finishAll(mode byte, to []reader, ephemeral []byte, keys [][32]byte) ([]byte, error) {
	defer clear(keys)
	ids := make([]ibc.Identity, len(to))
	for i, p := range to {
		ids[i] = p.id
	}
	cek, err := s.key.ContentKey(s.rand(), ids, s.params(mode, contextSeveral))
	defer clear(cek[:])
	if err != nil {
		return nil, err
	}
	content, err := several(cek[:], labelContent, nil)
	defer clear(content)
	if err != nil {
		return nil, err
	}
	commit, err := several(cek[:], labelCommit, &s.from)
	if err != nil {
		return nil, err
	}
	out := &wire.Several{
		Mode: mode, Ref: to[0].side.ref, Epoch: to[0].id.Epoch, Commit: [32]byte(commit), Ephemeral: ephemeral, Wraps: make([][48]byte, len(to)),
	}
	header := out.Header()
	for i := range keys {
		aead, err := newGCM(keys[i][:])
		if err != nil {
			return nil, err
		}
		aead.Seal(out.Wraps[i][:0], make([]byte, nonceSize), cek[:], header)
	}
	bound := out.Bound()
	if out.Ciphertext, err = s.inside(contextSeveral, wire.SeveralSigned(mode, bound, s.time, s.payload), content, bound); err != nil {
		return nil, err
	}
	return out.Marshal()
}

// several derives from a content key what encrypts, or what commits to it and to who sends it: whoever may read the message knows the content
// key, and could otherwise put a message of their own into its wraps, after which the first one would count as a replay.
func several(cek []byte, label string, from *wire.Sender) ([]byte, error) {
	info := ibc.AppendLPString(nil, label)
	if from != nil {
		info = ibc.AppendLP(info, from.Encode())
	}
	key, err := hkdf.Key(sha512.New, cek, nil, string(info), 32)
	if err != nil {
		return nil, fmt.Errorf("content key: %w", err)
	}
	return key, nil
}

func parseSeveral(msg []byte) (*outside, error) {
	s, err := wire.ParseSeveral(msg)
	if err != nil {
		return nil, err
	}
	return &outside{
		mode: Mode(s.Mode), ref: s.Ref, epoch: s.Epoch, ephemeral: s.Ephemeral, context: contextSeveral,
		open: func(key []byte) ([]byte, error) { return openSeveral(s, key) },
		signed: func(_ ibc.Identity, p *wire.Plain) []byte {
			return wire.SeveralSigned(s.Mode, s.Bound(), p.Time, p.Payload)
		},
	}, nil
}

// openSeveral finds the wrap that a recipient's key opens, of which there must be one only, decrypts, and compares content key and sender with
// the commitment. All wraps are tried in any case, so that the time does not tell which one it was.
func openSeveral(s *wire.Several, key []byte) ([]byte, error) {
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	header, nonce := s.Header(), make([]byte, nonceSize)
	var cek []byte
	defer func() { clear(cek) }()
	opened := 0
	for i := range s.Wraps {
		if b, err := aead.Open(nil, nonce, s.Wraps[i][:], header); err == nil {
			clear(cek)
			cek = b
			opened++
		}
	}
	switch {
	case opened == 0:
		return nil, errSealed
	case opened > 1:
		return nil, fmt.Errorf("it names this device twice: %w", ErrTampered)
	}
	content, err := several(cek, labelContent, nil)
	defer clear(content)
	if err != nil {
		return nil, err
	}
	b, err := unlock(content, s.Ciphertext, s.Bound())
	if err != nil {
		return nil, fmt.Errorf("its key does not open it: %w", ErrTampered)
	}
	p, err := wire.ParsePlain(b)
	if err != nil {
		return nil, fmt.Errorf("inside: %w: %w", ErrMalformed, err)
	}
	commit, err := several(cek, labelCommit, &p.Sender)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(commit, s.Commit[:]) != 1 {
		return nil, fmt.Errorf("its key or its sender is not the one that it commits to: %w", ErrTampered)
	}
	return b, nil
}
