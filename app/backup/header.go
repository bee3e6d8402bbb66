package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Header is what an archive says in the clear. Until the archive was read to its end, somebody may have changed it.
type Header struct {
	Core    [32]byte  // hash of the realm's core
	Time    time.Time // UTC, whole seconds
	Counter uint64    // of the newest checkpoint
	LogSize uint64    // entries
	List    uint32    // number of the newest list
	Salt    [32]byte  // drawn by NewWriter

	Vault    []byte // the file vault, at most 32 KiB
	Officers []byte // the file officers, at most 128 KiB; empty where a passphrase opens the vault
	Cards    []byte // the file cards, at most 16 KiB; empty where no cards were made
	Bundle   []byte // the newest list, a statement of type bundle, at most 16 MiB
}

type headerArray struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	Core     [32]byte
	Time     uint64
	Counter  uint64
	LogSize  uint64
	List     uint32
	Salt     [32]byte
	Vault    []byte
	Officers []byte
	Cards    []byte
	Bundle   []byte
}

const version = 1

var magic = []byte("marque/v1/backup\r\n\x1a\n\x00")

var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	options := cbor.CoreDetEncOptions()
	options.ByteArray = cbor.ByteArrayToByteSlice
	options.NilContainers = cbor.NilContainerAsEmpty
	enc, err := options.EncMode()
	if err != nil {
		panic("backup: CBOR options: " + err.Error())
	}
	dec, err := cbor.DecOptions{
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		UTF8:             cbor.UTF8RejectInvalid,
		BignumTag:        cbor.BignumTagForbidden,
		MaxNestedLevels:  4,
		MaxArrayElements: 16,
		MaxMapPairs:      16,
	}.DecMode()
	if err != nil {
		panic("backup: CBOR options: " + err.Error())
	}
	return enc, dec
}

func (h *Header) check() error {
	for _, part := range []struct {
		name  string
		size  int
		least int
		most  int
	}{
		{"vault", len(h.Vault), 1, maxVault},
		{"officers", len(h.Officers), 0, maxOfficers},
		{"cards", len(h.Cards), 0, maxCards},
		{"newest list", len(h.Bundle), 1, maxList},
	} {
		if part.size < part.least || part.size > part.most {
			return fmt.Errorf("%w: %s of %d octets", ErrArchive, part.name, part.size)
		}
	}
	if t := h.Time.Unix(); t < 0 || t > maxTime || h.Time.Nanosecond() != 0 {
		return fmt.Errorf("%w: its time is not in whole seconds from 1970 to 9999", ErrArchive)
	}
	return nil
}

// marshal returns magic, length and header.
func (h *Header) marshal() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	b, err := encoding.Marshal(&headerArray{
		Version: version, Core: h.Core, Time: uint64(h.Time.Unix()), Counter: h.Counter, LogSize: h.LogSize, List: h.List, Salt: h.Salt,
		Vault: h.Vault, Officers: h.Officers, Cards: h.Cards, Bundle: h.Bundle,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the header: %w", err)
	}
	head := binary.BigEndian.AppendUint32(bytes.Clone(magic), uint32(len(b)))
	return append(head, b...), nil
}

// readHeader reads magic, length and header, and returns these octets, too.
func readHeader(r io.Reader) (*Header, []byte, error) {
	start := make([]byte, len(magic)+lengthLen)
	if err := readFull(r, start); err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(start[:len(magic)], magic) {
		return nil, nil, fmt.Errorf("%w: it does not begin like one", ErrArchive)
	}
	size := binary.BigEndian.Uint32(start[len(magic):])
	if size > MaxHeader {
		return nil, nil, fmt.Errorf("%w: a header of %d octets", ErrArchive, size)
	}
	var b bytes.Buffer // grows with what is there, not with what is announced
	if n, err := io.Copy(&b, io.LimitReader(r, int64(size))); err != nil {
		return nil, nil, fmt.Errorf("read the backup: %w", err)
	} else if n < int64(size) {
		return nil, nil, fmt.Errorf("%w: it ends in its header", ErrArchive)
	}
	h, err := parseHeader(b.Bytes())
	if err != nil {
		return nil, nil, err
	}
	return h, slices.Concat(start, b.Bytes()), nil
}

// parseHeader accepts nothing that marshal would not have written.
func parseHeader(b []byte) (*Header, error) {
	var a headerArray
	if err := decoding.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("%w: its header is not of the expected form", ErrArchive)
	}
	if a.Version != version || a.Time > maxTime {
		return nil, fmt.Errorf("%w: made by a newer release, or its time is impossible", ErrArchive)
	}
	h := &Header{
		Core: a.Core, Time: time.Unix(int64(a.Time), 0).UTC(), Counter: a.Counter, LogSize: a.LogSize, List: a.List, Salt: a.Salt,
		Vault: a.Vault, Officers: a.Officers, Cards: a.Cards, Bundle: a.Bundle,
	}
	again, err := h.marshal()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again[len(magic)+lengthLen:], b) {
		return nil, fmt.Errorf("%w: another encoding of its header", ErrArchive)
	}
	return h, nil
}

// associated is what every chunk is bound to.
func associated(head []byte) []byte {
	sum := sha256.Sum256(head)
	return sum[:]
}

// readFull fills b, or says that the archive was cut off.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut off", ErrArchive)
	case err != nil:
		return fmt.Errorf("read the backup: %w", err)
	default:
		return nil
	}
}
