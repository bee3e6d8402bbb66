package backup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const label = "marque/v1/backup"

// stream is the state of either direction.
type stream struct {
	aead  cipher.AEAD
	ad    []byte
	chunk uint64 // number of the next one
}

// newStream derives the key of one archive from that of the database, which stays with the caller.
func newStream(key [32]byte, salt [32]byte, head []byte) (*stream, error) {
	defer clear(key[:])
	sub, err := hkdf.Key(sha512.New, key[:], salt[:], label, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the backup's key: %w", err)
	}
	defer clear(sub)
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, fmt.Errorf("set up AES-256: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("set up GCM: %w", err)
	}
	return &stream{aead: gcm, ad: associated(head)}, nil
}

// nonce returns that of the next chunk, and counts it.
func (s *stream) nonce(last bool) []byte {
	nonce := make([]byte, nonceSize)
	binary.BigEndian.PutUint64(nonce[nonceSize-9:], s.chunk)
	if last {
		nonce[nonceSize-1] = 1
	}
	s.chunk++
	return nonce
}

// Writer writes an archive: the header at once, then the database as it comes. It holds one chunk in memory.
type Writer struct {
	to     io.Writer
	stream *stream
	plain  []byte // of the chunk that is not full
	closed bool
}

// NewWriter writes the header, with a salt that it draws and puts there, and returns what takes the database. The key is that of the
// database; it stays with the caller. Errors: [ErrArchive] for a header that is too long, and those of to and rand.
func NewWriter(to io.Writer, h *Header, key [32]byte, rand io.Reader) (*Writer, error) {
	defer clear(key[:])
	if _, err := io.ReadFull(rand, h.Salt[:]); err != nil {
		return nil, fmt.Errorf("draw the backup's salt: %w", err)
	}
	head, err := h.marshal()
	if err != nil {
		return nil, err
	}
	s, err := newStream(key, h.Salt, head)
	if err != nil {
		return nil, err
	}
	if _, err := to.Write(head); err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	return &Writer{to: to, stream: s, plain: make([]byte, 0, chunkSize+tagSize)}, nil
}

// Write takes octets of the database. It implements io.Writer.
func (w *Writer) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		if len(w.plain) == chunkSize { // not the last one, since there is more
			if err := w.flush(false); err != nil {
				return n, err
			}
		}
		k := min(len(b), chunkSize-len(w.plain))
		w.plain = append(w.plain, b[:k]...)
		b, n = b[k:], n+k
	}
	return n, nil
}

// Close writes the last chunk, without which nothing of the archive is accepted. It does not close what it writes to.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	return w.flush(true)
}

func (w *Writer) flush(last bool) error {
	sealed := w.stream.aead.Seal(w.plain[:0], w.stream.nonce(last), w.plain, w.stream.ad)
	w.plain = w.plain[:0]
	if _, err := w.to.Write(sealed); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

// Reader reads an archive: the header at once, then the database by [Reader.CopyTo].
type Reader struct {
	Header *Header

	from io.Reader
	head []byte
}

// NewReader reads the header, which is authentic only once [Reader.CopyTo] has succeeded. Error: [ErrArchive].
func NewReader(from io.Reader) (*Reader, error) {
	h, head, err := readHeader(from)
	if err != nil {
		return nil, err
	}
	return &Reader{Header: h, from: from, head: head}, nil
}

// CopyTo writes the database to a file that the caller throws away unless CopyTo succeeds: only then was all of it, and the header,
// written by a holder of the key. The key stays with the caller. Errors: [ErrKey], [ErrArchive], and those of both files.
func (r *Reader) CopyTo(to io.Writer, key [32]byte) (n int64, err error) {
	defer clear(key[:])
	s, err := newStream(key, r.Header.Salt, r.head)
	if err != nil {
		return 0, err
	}
	next, sealed := make([]byte, chunkSize+tagSize), make([]byte, chunkSize+tagSize)
	size, err := fill(r.from, sealed)
	if err != nil {
		return 0, err
	}
	for last := false; !last; {
		more := 0
		if size == len(sealed) {
			if more, err = fill(r.from, next); err != nil {
				return n, err
			}
		}
		last = more == 0
		plain, err := s.open(sealed[:size], last)
		if err != nil {
			return n, err
		}
		if _, err := to.Write(plain); err != nil {
			return n, fmt.Errorf("write the database: %w", err)
		}
		n += int64(len(plain))
		sealed, next, size = next, sealed, more
	}
	return n, nil
}

// open decrypts a chunk in place.
func (s *stream) open(sealed []byte, last bool) ([]byte, error) {
	first := s.chunk == 0
	plain, err := s.aead.Open(sealed[:0], s.nonce(last), sealed, s.ad)
	switch {
	case err == nil:
		return plain, nil
	case first:
		return nil, ErrKey
	default:
		return nil, fmt.Errorf("%w: chunk %d", ErrArchive, s.chunk-1)
	}
}

// fill reads up to len(b) octets, fewer at the end only.
func fill(r io.Reader, b []byte) (int, error) {
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, fmt.Errorf("read the backup: %w", err)
	}
	return n, nil
}

// Is reports whether a file begins like an archive.
func Is(start []byte) bool {
	return len(start) >= len(magic) && string(start[:len(magic)]) == string(magic)
}

// MagicSize is how many octets [Is] looks at.
const MagicSize = 21
