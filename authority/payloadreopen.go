package authority

import (
	"crypto/sha256"
	"fmt"
	"time"

	"marque/device/ibc"
)

// ClockPayload confirms the present time by another clock ([ActionClock]).
type ClockPayload struct{ Time time.Time } // whole seconds

type clockArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Time    uint64 // Unix seconds
}

// Marshal returns the array [1, Unix seconds]. Error: [ErrPayloadForm].
func (p *ClockPayload) Marshal() ([]byte, error) {
	if !checkMoment(p.Time) {
		return nil, malformed("the time is not in whole seconds from 1970 to 9999")
	}
	return encodeApproval(&clockArray{Version: payloadVersion, Time: uint64(p.Time.Unix())}), nil
}

// ParseClockPayload reads what [ClockPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseClockPayload(b []byte) (*ClockPayload, error) {
	var a clockArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	p := &ClockPayload{Time: moment(a.Time)}
	if !checkMoment(p.Time) {
		return nil, malformed("the time is after the year 9999")
	}
	return p, nil
}

func (p *ClockPayload) words() []string {
	return []string{
		"Confirm the clock, compared with another one",
		"the present time was: " + momentWords(p.Time),
	}
}

// ReopenPayload ends read-only ([ActionRestore]): it merges lists and checkpoints that were found on any medium.
type ReopenPayload struct {
	Lists, Checkpoints int      // how many, each to maxMedia
	Hash               [32]byte // of all of them; see NewReopenPayload
}

type reopenArray struct {
	_                  struct{} `cbor:",toarray"`
	Version            uint8
	Lists, Checkpoints uint32
	Hash               [32]byte
}

// NewReopenPayload returns the payload of reopening with these statements, of which the order counts:
// SHA-256(LP("marque/v1/reopen") ‖ u32 lists ‖ u32 checkpoints ‖ SHA-256 of each list ‖ SHA-256 of each checkpoint).
func NewReopenPayload(lists, checkpoints [][]byte) *ReopenPayload {
	b := ibc.AppendLPString(nil, "marque/v1/reopen")
	b = append(append(b, u32(len(lists))...), u32(len(checkpoints))...)
	for _, group := range [][][]byte{lists, checkpoints} {
		for _, statement := range group {
			sum := sha256.Sum256(statement)
			b = append(b, sum[:]...)
		}
	}
	return &ReopenPayload{Lists: len(lists), Checkpoints: len(checkpoints), Hash: sha256.Sum256(b)}
}

// Marshal returns the array [1, lists, checkpoints, hash]. Error: [ErrPayloadForm].
func (p *ReopenPayload) Marshal() ([]byte, error) {
	if p.Lists < 0 || p.Lists > maxMedia || p.Checkpoints < 0 || p.Checkpoints > maxMedia {
		return nil, malformed("more than %d lists or checkpoints", maxMedia)
	}
	return encodeApproval(&reopenArray{
		Version: payloadVersion, Lists: uint32(p.Lists), Checkpoints: uint32(p.Checkpoints), Hash: p.Hash,
	}), nil
}

// ParseReopenPayload reads what [ReopenPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseReopenPayload(b []byte) (*ReopenPayload, error) {
	var a reopenArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	p := &ReopenPayload{Lists: int(a.Lists), Checkpoints: int(a.Checkpoints), Hash: a.Hash}
	if _, err := p.Marshal(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *ReopenPayload) words() []string {
	return []string{
		"Reopen the restored or rolled back database: serials jump, the lists begin a new generation",
		"to be merged: " + count(p.Lists, "list", "lists") + " and " + count(p.Checkpoints, "checkpoint", "checkpoints"),
		fmt.Sprintf("fingerprint of these: %x", p.Hash),
	}
}
