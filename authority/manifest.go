package authority

import (
	"fmt"
	"slices"

	"marque/device/wire"
)

// SignManifest signs that the authority wrote these files, 1 to 65,536, into one folder, in any order. It changes nothing. Errors: those
// of wire.Manifest, [ErrLocked].
func (a *Authority) SignManifest(files []wire.File) ([]byte, error) {
	m := &wire.Manifest{Core: a.coreHash, Time: a.now(), Files: slices.Clone(files)}
	wire.SortFiles(m.Files)
	b, err := m.Marshal()
	if err != nil {
		return nil, fmt.Errorf("sign a manifest: %w", err)
	}
	return a.sign(wire.TypeManifest, b)
}
