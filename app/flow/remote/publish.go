package remote

import (
	"crypto/sha256"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/app/usb"
	"marque/authority"
	"marque/device/wire"
)

// Publish implements flow.Publisher.
func (s *Service) Publish() (published *authority.Published, err error) {
	err = s.with(func(c *localapi.Client) error {
		published, err = c.Publish()
		return err
	})
	return published, err
}

// Consignment implements flow.Publisher.
func (s *Service) Consignment() (load *flow.Consignment, err error) {
	err = s.with(func(c *localapi.Client) error {
		load, err = consignment(c)
		return err
	})
	return load, err
}

func consignment(c *localapi.Client) (*flow.Consignment, error) {
	sequence, list, err := c.NewestList()
	if err != nil {
		return nil, err
	}
	core, err := c.CoreStatement()
	if err != nil {
		return nil, err
	}
	load := &flow.Consignment{Sequence: sequence, Files: []usb.File{{Name: flow.ListFile(sequence), Content: list}, {Name: flow.CoreFile, Content: core}}}
	if load.Core, err = wire.OpenCore(core); err != nil {
		return nil, err
	}
	var listed []wire.File
	for _, f := range load.Files {
		listed = append(listed, wire.File{Path: f.Name, Size: uint64(len(f.Content)), Hash: sha256.Sum256(f.Content)})
	}
	manifest, err := c.SignManifest(listed)
	if err != nil {
		return nil, err
	}
	load.Files = append(load.Files, usb.File{Name: flow.ManifestFile, Content: manifest})
	return load, nil
}
