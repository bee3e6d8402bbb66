package ibc

import "io"

// EncapsulateColdAll is [PrivateKey.EncapsulateCold] to several recipients, with
// one U for all: keys[i] is what to[i] and the authority can derive from it. One
// pairing each. At most 200 recipients.
func (k *PrivateKey) EncapsulateColdAll(rnd io.Reader, to []*Recipient, s Seal) (u [48]byte, keys [][32]byte, err error) {
	var ids []byte
	for _, r := range to {
		ids = AppendLP(ids, r.enc)
	}
	return k.encapsulateCold(rnd, to, ids, s)
}

// EncapsulateWarmAll is [PrivateKey.EncapsulateWarm] to several peers, with one E
// for all: keys[i] is what the holder of to[i]'s y can derive from it. At most
// 200 peers.
func (k *PrivateKey) EncapsulateWarmAll(rnd io.Reader, to []*PublicKey, s Seal) (e [32]byte, keys [][32]byte, err error) {
	var ids []byte
	for _, r := range to {
		ids = AppendLP(ids, r.enc)
	}
	return k.encapsulateWarm(rnd, to, ids, s)
}

// ContentKey draws the key, 32 octets, that several recipients are to share
// (PROTOCOL.md section 5.4). It is hedged like the ephemeral secret, under a label
// of its own, so that both may take the same randomness from rnd.
func (k *PrivateKey) ContentKey(rnd io.Reader, to []Identity, s Seal) (key [32]byte, err error) {
	if k.box == nil {
		return key, ErrErased
	}
	var ids []byte
	for _, id := range to {
		ids = AppendLP(ids, id.Encode())
	}
	w, err := hedgedSeal(k.box.cekKey, rnd, ids, s)
	if err != nil {
		return key, err
	}
	copy(key[:], w)
	clear(w)
	return key, nil
}
