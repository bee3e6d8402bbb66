package wire

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Manifest lists the files that an authority wrote to one folder: payload of a statement of type manifest. Nobody can add, change or take
// away one of them unnoticed.
type Manifest struct {
	Core  [32]byte // hash of the core
	Time  time.Time
	Files []File // ascending by path, none twice, 1 to MaxManifestFiles
}

// File is one file of a manifest.
type File struct {
	Path string   // from the folder, with slashes; see CheckPath
	Size uint64   // octets, below 2^63
	Hash [32]byte // SHA-256
}

type fileArray struct {
	_    struct{} `cbor:",toarray"`
	Path string
	Size uint64
	Hash [32]byte
}

type manifestArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Core    [32]byte
	Time    uint64
	Files   []fileArray
}

// CheckPath returns ErrName for a path that a manifest cannot hold: 1 to 255 octets of printable UTF-8, relative, in its shortest form,
// without backslashes, colons, and parts that are "." or "..".
func CheckPath(path string) error {
	if len(path) < 1 || len(path) > MaxFilePath || !utf8.ValidString(path) {
		return fmt.Errorf("path: %w: 1 to %d octets of UTF-8", ErrName, MaxFilePath)
	}
	for _, r := range path {
		if !unicode.IsPrint(r) || r == '\\' || r == ':' {
			return fmt.Errorf("path: %w: a character that no path may have", ErrName)
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return fmt.Errorf("path: %w: not relative, or not in its shortest form", ErrName)
		}
	}
	return nil
}

// Marshal returns the encoding of m, at most MaxManifest octets: ErrName, ErrValue, ErrTime.
func (m *Manifest) Marshal() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	a := manifestArray{Version: 1, Core: m.Core, Time: unixSeconds(m.Time)}
	for _, f := range m.Files {
		a.Files = append(a.Files, fileArray{Path: f.Path, Size: f.Size, Hash: f.Hash})
	}
	b := encode(&a)
	if len(b) > MaxManifest {
		return nil, fmt.Errorf("manifest: %w: %d octets, at most %d", ErrTooLong, len(b), MaxManifest)
	}
	return b, nil
}

// ParseManifest reads the payload of a statement of type manifest.
func ParseManifest(b []byte) (*Manifest, error) {
	var a manifestArray
	if err := decodeIn(longMode, b, MaxManifest, &a); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("manifest: %w: version must be 1", ErrValue)
	}
	m := &Manifest{Core: a.Core, Time: fromSeconds(a.Time)}
	for _, f := range a.Files {
		m.Files = append(m.Files, File{Path: f.Path, Size: f.Size, Hash: f.Hash})
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

// OpenManifest verifies a statement of type manifest and returns its content. Errors: as OpenStatement's.
func OpenManifest(b []byte, core *Core) (*Manifest, error) {
	s, err := parseStatement(b, TypeManifest)
	if err != nil {
		return nil, err
	}
	if err := s.verify(core.Realm, core.StatementKey); err != nil {
		return nil, err
	}
	m, err := ParseManifest(s.payload)
	if err != nil {
		return nil, err
	}
	if m.Core != core.Hash() {
		return nil, fmt.Errorf("manifest: %w: it names another core", ErrRealm)
	}
	return m, nil
}

func (m *Manifest) check() error {
	if n := len(m.Files); n < 1 || n > MaxManifestFiles {
		return fmt.Errorf("files: %w: 1 to %d", ErrValue, MaxManifestFiles)
	}
	for i, f := range m.Files {
		if err := CheckPath(f.Path); err != nil {
			return err
		}
		if f.Size > 1<<63-1 {
			return fmt.Errorf("size: %w: below 2^63", ErrValue)
		}
		if i > 0 && m.Files[i-1].Path >= f.Path {
			return fmt.Errorf("files: %w: not in the order of their paths, or one twice", ErrValue)
		}
	}
	return checkTime(m.Time, time.Second)
}

// SortFiles puts files into the order in which a manifest holds them.
func SortFiles(files []File) {
	slices.SortFunc(files, func(f, g File) int { return cmp.Compare(f.Path, g.Path) })
}
