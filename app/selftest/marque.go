package selftest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"slices"

	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/secretsharing"

	"marque/device/ibc"
	"marque/device/revocation"
)

var tests = []test{
	{"random generator", generator},
	{"SHA-256 and SHA-512", hashes},
	{"HMAC", macs},
	{"HKDF", derivation},
	{"AES-256-GCM", encryption},
	{"Ed25519", edwards},
	{"ECDSA over P-256", p256},
	{"X25519", agreement},
	{"HPKE", sealing},
	{"Argon2id", stretching},
	{"secret sharing over ristretto255", sharing},
	{"identity keys over ristretto255 and BLS12-381", identities},
	{"lists of revoked serials", lists},
}

// sharing recovers f(0) of f(x) = 7 + 5x + 3x² from three of its values, and not from another.
func sharing(io.Reader) error {
	curve := group.Ristretto255
	share := func(id, value uint64) secretsharing.Share {
		return secretsharing.Share{ID: curve.NewScalar().SetUint64(id), Value: curve.NewScalar().SetUint64(value)}
	}
	seven := curve.NewScalar().SetUint64(7)
	right, err1 := secretsharing.Recover(2, []secretsharing.Share{share(1, 15), share(2, 29), share(4, 75)})
	wrong, err2 := secretsharing.Recover(2, []secretsharing.Share{share(1, 15), share(2, 29), share(4, 76)})
	switch {
	case errors.Join(err1, err2) != nil:
		return errors.Join(err1, err2)
	case !right.IsEqual(seven):
		return errAnswer
	case wrong.IsEqual(seven):
		return errTaken
	}
	return nil
}

// constant is a generator of one octet, for known answers.
type constant byte

func (c constant) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(c)
	}
	return len(b), nil
}

// identities computes one vector of the protocol: extraction, a signature, and both ways to seal.
func identities(io.Reader) error {
	const random = constant(0x5a)
	master, err := ibc.NewMaster(unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"))
	if err != nil {
		return err
	}
	defer master.Erase()
	id := ibc.Identity{
		Core:    [32]byte(unhex("a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf")),
		Address: "//fleet.example/Sbus-4711~17", Epoch: 42,
	}
	u, err := ibc.NewEnrolmentKey(random)
	if err != nil {
		return err
	}
	partial, err := master.Extract(random, id, u.Public())
	if err != nil {
		return err
	}
	key, err := u.Complete(master.Params(), id, partial)
	if err != nil {
		return err
	}
	return errors.Join(signing(key, random), encapsulation(key, ibc.NewRecipient(master.Params(), id), random))
}

func signing(key *ibc.PrivateKey, random io.Reader) error {
	const context = "marque/v1/broadcast"
	signature, err := key.Sign(random, context, []byte("hello"))
	if err != nil {
		return err
	}
	if err := key.Public().Verify(context, []byte("hello"), signature); err != nil {
		return err
	}
	if key.Public().Verify(context, []byte("hellp"), signature) == nil {
		return errTaken
	}
	return equal(signature[:], "a21cf5ce1d0b1b680d43c6c0e346ae2d56fd90d674a9e464229d753fed03d008c79abcd917795ccefe7ffa7920bea80c01b723d063e076ed3bd0217d144c8a0d")
}

func encapsulation(key *ibc.PrivateKey, to *ibc.Recipient, random io.Reader) error {
	seal := ibc.Seal{Mode: 0x13, Context: "marque/v1/broadcast", Bind: []byte{0}}
	cold, key1, err1 := key.EncapsulateCold(random, to, seal)
	warm, key2, err2 := key.EncapsulateWarm(random, key.Public(), seal)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return errors.Join(
		equal(cold[:], "a167820c4f89e3fca21bca8a12549411032eca20f98d09563720c852d8a6cf5623af5e43a3d2d06b9e6c3d0e83972125"),
		equal(key1[:], "8e7f419b02a6ff00308b9cbdc593b387e4d52408f459dc0aff8288ea75aaa2df"),
		equal(warm[:], "06020912ae054cee0f79c116c2e7db73dda641a013841ec598e133ca571ec054"),
		equal(key2[:], "9a27c44cdbeb27f8d3eaeb26b1960d32e793e2d5c18e2c88d4e9a3896f52481d"),
	)
}

// lists codes a few serials, and reads them in all ways that lists are coded.
func lists(io.Reader) error {
	serials := []uint32{3, 4, 17, 130, 4095}
	set, err := revocation.NewSet(4096, serials)
	if err != nil {
		return err
	}
	codec, data := revocation.Encode(set)
	if err := equal(data, "00ef6e8924bea8"); err != nil || codec != revocation.CodecGaps {
		return errAnswer
	}
	for codec, data := range map[revocation.Codec]string{
		revocation.CodecGolomb: "000001f00180018407f7f0", revocation.CodecGaps: "00ef6e8924bea8", revocation.CodecBlocks: "03e7cfff841cffb911f0",
	} {
		again, err := revocation.Decode(codec, 4096, len(serials), unhex(data))
		if err != nil {
			return err
		}
		if !slices.Equal(again.Serials(), serials) {
			return errAnswer
		}
	}
	return nil
}

// equal compares an answer with the known one, in hexadecimal.
func equal(got []byte, want string) error {
	if !bytes.Equal(got, unhex(want)) {
		return errAnswer
	}
	return nil
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err) // a constant of this package
	}
	return b
}
