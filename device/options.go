package device

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"time"

	"marque/device/wire"
)

// Options says where a device takes its time, its randomness and the key of its folder from.
type Options struct {
	// Clock gives the time; a program passes time.Now. It is required, and called from several goroutines.
	Clock func() time.Time
	// Rand gives randomness; nil means crypto/rand. It is read from several goroutines.
	Rand io.Reader
	// Key opens the folder; the zero value is FileKey().
	Key KeySource
	// Replay is how many accepted messages are remembered: 4 to 2,097,152, or 0 for DefaultReplay.
	Replay int
	// FullEvery is of how many broadcasts signed with Mixed one has the full form, from 1; 0 means DefaultFullEvery.
	FullEvery int
	// FullAfter is how long after one of the full form such a broadcast has it again, whatever FullEvery; 0 means DefaultFullAfter.
	FullAfter time.Duration
	// Tables is how many of the peers that are remembered may have a table of 32 kB each, which makes verifying what they send about twice as
	// fast: 0, which means none, to MaxPeers. Those get one that send a second message while there is room.
	Tables int
	// ListMemory is how many octets of memory the revocation list in force, and that of each other realm that is trusted, may take so that every lookup is fastest, from 1; 0 means
	// DefaultListMemory. A list of N identities takes N/8 octets if that is no more; otherwise it takes the least that still answers at once,
	// about (2 + log₂(N/revoked))/8 octets for each that is revoked, whatever stands here. Applying takes four octets for each for a moment.
	ListMemory int
	// Share bounds how the device takes part in carrying lists from one to another; the zero value takes part.
	Share Share
	// Learned, if not nil, hears of every list that a peer of a session brought, from several goroutines; a is nil, and err says why, when it
	// was refused. It must not close the device.
	Learned func(peer wire.Address, a *Applied, err error)
	// Hybrid demands sessions with ML-KEM-768 beside X25519, as a realm's policy may: it calls so, and takes no other call. Without it and without
	// such a policy the device calls with X25519 alone and takes both.
	Hybrid bool
	// Early has the device take sessions that begin with data (DialEarly), which the program then MUST ask each session for by Session.Early. Without
	// it such calls are refused.
	Early bool
	// Counter, if not nil, shows that the folder was not set back to an earlier moment. A folder that was made with one is opened with it.
	Counter Counter
	// Refused, if not nil, hears of every connection that a Listener turned away, from several goroutines.
	Refused func(remote net.Addr, err error)

	step func(string) // tests learn from it how far a change of files got
}

// check fills in what may be left out.
func (o Options) check() (Options, error) {
	if o.Clock == nil {
		return o, fmt.Errorf("%w: no clock", ErrOptions)
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Replay == 0 {
		o.Replay = DefaultReplay
	}
	if o.Replay < minReplay || o.Replay > maxReplay {
		return o, fmt.Errorf("%w: Replay must be from %d to %d", ErrOptions, minReplay, maxReplay)
	}
	if o.FullEvery < 0 || o.FullAfter < 0 {
		return o, fmt.Errorf("%w: FullEvery or FullAfter is negative", ErrOptions)
	}
	o.FullEvery, o.FullAfter = cmp.Or(o.FullEvery, DefaultFullEvery), cmp.Or(o.FullAfter, DefaultFullAfter)
	if o.Tables < 0 || o.Tables > MaxPeers {
		return o, fmt.Errorf("%w: Tables must be from 0 to %d", ErrOptions, MaxPeers)
	}
	if o.ListMemory == 0 {
		o.ListMemory = DefaultListMemory
	}
	if o.ListMemory < 0 {
		return o, fmt.Errorf("%w: ListMemory is negative", ErrOptions)
	}
	var err error
	o.Share, err = o.Share.check()
	return o, err
}

// Wanted is what a new device asks the authority for.
type Wanted struct {
	Name string    // 1 to 48 octets of RFC 3986 unreserved characters without "~"
	Kind wire.Kind // vehicle or application
}

// KeySource says what opens a device folder. It is made by FileKey, Passphrase or SealedKey, prints as nothing but its kind, and cannot be compared.
type KeySource struct {
	passphrase *[]byte // nil: the key file
	sealer     Sealer  // nil: the key file is in the clear
	_          [0]func()
}

// FileKey takes the folder's key from the file "key" in it: 32 random octets, mode 0600, made when the folder is created. It protects
// against nobody who can read the folder; put the file on a separate, protected medium where there is one.
func FileKey() KeySource { return KeySource{} }

// Passphrase derives the folder's key from a passphrase of 1 to 1,024 octets with Argon2id (19 MiB, 2 passes). The octets are copied.
func Passphrase(p []byte) KeySource {
	c := bytes.Clone(p)
	return KeySource{passphrase: &c}
}

// Sealer seals a secret to one machine: package device/tpm has one. A device calls its methods one at a time.
type Sealer interface {
	// Seal returns what Unseal makes the secret, 32 octets, from again, at most 4,096 octets.
	Seal(secret []byte) (sealed []byte, err error)
	// Unseal returns the secret in octets of their own, which are cleared after use.
	Unseal(sealed []byte) (secret []byte, err error)
}

// SealedKey takes the folder's key from the file "key" in it as well, but sealed: 32 random octets that only the machine opens where the folder
// was created. A copy of the folder, or its disk in another machine, is of no use.
func SealedKey(s Sealer) KeySource { return KeySource{sealer: s} }

// IsSealed says whether the key of a device folder was made by SealedKey. It is false for a folder that is not there or cannot be read.
func IsSealed(dir string) bool {
	heads, err := readHeads(dir)
	return err == nil && slices.ContainsFunc(heads, func(h rootHead) bool { return h.source == sourceSealed })
}

// source is what the files of a folder say of the key.
func (k KeySource) source() byte {
	switch {
	case k.passphrase != nil:
		return sourcePassphrase
	case k.sealer != nil:
		return sourceSealed
	}
	return sourceFile
}

// Format writes the kind only, whatever the verb.
func (k KeySource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.kind()) }

// LogValue gives the kind only.
func (k KeySource) LogValue() slog.Value { return slog.StringValue(k.kind()) }

// MarshalText gives the kind only.
func (k KeySource) MarshalText() ([]byte, error) { return []byte(k.kind()), nil }

func (k KeySource) kind() string {
	return sourceName(k.source())
}

// sourceName is for people.
func sourceName(source byte) string {
	switch source {
	case sourcePassphrase:
		return "passphrase"
	case sourceSealed:
		return "sealed key file"
	}
	return "key file"
}
