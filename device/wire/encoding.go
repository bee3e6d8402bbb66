package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// encMode writes deterministic CBOR (RFC 8949, section 4.2.1).
var encMode = mustMode(cbor.EncOptions{
	Sort:          cbor.SortBytewiseLexical,
	IndefLength:   cbor.IndefLengthForbidden,
	TagsMd:        cbor.TagsForbidden,
	NilContainers: cbor.NilContainerAsEmpty,
	ByteArray:     cbor.ByteArrayToByteSlice,
}.EncMode())

// decMode is as strict as the library can be. It still takes heads that are not the shortest, keys out of order, byte
// strings of a wrong length for an array, and null for anything; decode therefore compares with the re-encoding.
var decMode = modeFor(MaxKeys)

// longMode is decMode for the few objects that hold longer arrays.
var longMode = modeFor(max(MaxBatchItems, MaxManifestFiles))

func modeFor(elements int) cbor.DecMode {
	return mustMode(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
		NaN:               cbor.NaNDecodeForbidden,
		Inf:               cbor.InfDecodeForbidden,
		BignumTag:         cbor.BignumTagForbidden,
		MaxNestedLevels:   4,
		MaxArrayElements:  elements,
		MaxMapPairs:       16,
	}.DecMode())
}

func mustMode[M any](m M, err error) M {
	if err != nil {
		panic("wire: CBOR options: " + err.Error())
	}
	return m
}

// encode returns the one encoding of v, a struct of this package whose fields all have an encoding.
func encode(v any) []byte {
	b, err := encMode.Marshal(v)
	if err != nil {
		panic("wire: a type without an encoding: " + err.Error())
	}
	return b
}

// decode fills v, a pointer to a struct of this package, from exactly b: length, strict decoding, comparison.
func decode(b []byte, limit int, v any) error { return decodeIn(decMode, b, limit, v) }

func decodeIn(mode cbor.DecMode, b []byte, limit int, v any) error {
	if len(b) > limit {
		return fmt.Errorf("%w: %d octets, at most %d", ErrTooLong, len(b), limit)
	}
	if err := mode.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %s", ErrEncoding, complaint(err))
	}
	again := encode(v)
	defer clear(again) // content holds secrets
	if !bytes.Equal(again, b) {
		return fmt.Errorf("%w: another encoding of the same object", ErrEncoding)
	}
	return nil
}

// complaint says what the decoder's error is about. Its own text may quote the input.
func complaint(err error) string {
	var more *cbor.ExtraneousDataError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "cut off"
	case errors.As(err, &more):
		return "trailing octets"
	}
	return "other elements than the object has"
}
