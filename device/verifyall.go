package device

import (
	"fmt"

	"marque/device/ibc"
	"marque/device/wire"
)

// Verified is what became of one of the messages that were verified together: a Message, or an error of Verify.
type Verified struct {
	Message *Message
	Err     error
}

// VerifyAll verifies broadcasts together, with what Verify would give for each of them in this order: for receivers of more than 1,000 a second.
// That costs about a fifth less when all have different senders, and half when each of them sent eight. Up to 64 signatures share one equation with random coefficients (PROTOCOL.md, section 4.2); if it
// fails, those are verified one by one, so that whoever sends one bad message among 64 makes them cost almost twice as much as without VerifyAll.
func (d *Device) VerifyAll(msgs [][]byte) []Verified {
	out := make([]Verified, len(msgs))
	for from := 0; from < len(msgs); from += maxTogether {
		to := min(from+maxTogether, len(msgs))
		d.verifyTogether(msgs[from:to], out[from:to])
	}
	for i, v := range out {
		if v.Err != nil {
			d.noteTwoKeys(v.Err)
			out[i] = Verified{Err: fmt.Errorf("verify: %w", v.Err)}
		}
	}
	d.settle()
	return out
}

func (d *Device) verifyTogether(msgs [][]byte, out []Verified) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var batch ibc.Batch
	all := make([]*together, len(msgs))
	keys := map[sentIn]*peer{}
	for i, msg := range msgs {
		if t := d.together(msg, keys); t != nil {
			all[i] = t
			batch.Add(t.peer.key, t.proof.context, t.proof.m, t.proof.sig)
		}
	}
	hold := batch.Verify(d.o.Rand) == nil
	for i, t := range all {
		m := &Message{}
		var err error
		if hold && t != nil && d.still(t) {
			err = d.acceptHeard(m, &t.heard, t.peer, t.verdict, t.proof)
		} else {
			err = d.verify(m, msgs[i])
		}
		if err != nil {
			m = nil
		}
		out[i] = Verified{m, err}
	}
}

// together is a broadcast of which nothing is left to check but the signature.
type together struct {
	heard
	peer    *peer
	verdict verdict
	proof   signed
}

// still says whether nothing before it in the batch speaks against a message: neither the same one, nor a second key of its sender.
func (d *Device) still(t *together) bool {
	return d.admissible(t.realm, t.id, t.Time, t.now) == nil && !d.peers.refused(t.side.hash, t.peer.address, t.epoch)
}

// sentIn is who a message names, and in which epoch.
type sentIn struct {
	realm [32]byte
	from  wire.Sender
	epoch uint32
}

// together prepares a broadcast, or returns nil when it has to be verified by itself: since it fails, since its reference may mean several
// keys, or since it names a key that comes with a message before it. keys holds those that were prepared already. The caller holds mu.
func (d *Device) together(msg []byte, keys map[sentIn]*peer) *together {
	t := &together{}
	if d.hear(&t.heard, msg) != nil {
		return nil
	}
	at := sentIn{t.side.hash, t.from(), t.epoch}
	if t.peer = keys[at]; t.peer == nil {
		if !t.Short && t.realm.own(t.Sender) {
			return nil
		}
		c, err := d.candidates(t.side, at.from, t.epoch)
		if err != nil || c.n != 1 {
			return nil
		}
		t.peer = c.keys[0]
		keys[at] = t.peer
	}
	var err error
	if t.verdict, err = d.peerStatus(t.side, t.peer.address, t.epoch, t.now); err != nil {
		return nil
	}
	t.proof = t.signed(nil)
	return t
}
