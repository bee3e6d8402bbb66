package main

import (
	"crypto/sha256"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/depot"
	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/usb"
	"marque/device/wire"
)

// manifestFile lists what an authority wrote into the folder that it lies in.
const manifestFile = depot.ManifestFile

// bearer is the stick that a command of the authority writes to; nil without one.
type bearer struct {
	desk  *carry.Desk
	drive usb.Drive
}

// stickOf chooses the stick of a flag, before anything is done that cannot be done again; nil when the flag was not given.
func stickOf(cmd *cobra.Command, f *carry.Flag) (*bearer, error) {
	if !f.Given {
		return nil, nil
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	desk, drive, err := stick(ctx, f.Name, true)
	if err != nil {
		return nil, err
	}
	return &bearer{desk, drive}, nil
}

// publish writes a list that was signed.
func (b *bearer) publish(cmd *cobra.Command, c *localapi.Client, p *published) ([]carry.Delivered, error) {
	if b == nil {
		return nil, nil
	}
	core, err := c.CoreStatement()
	if err != nil {
		return nil, err
	}
	files := []usb.File{{Name: listName(p.Sequence), Content: p.bundle}}
	for _, ch := range p.Changes {
		files = append(files, usb.File{Name: ch.name(p.Sequence), Content: ch.statement})
	}
	if p.Trust != nil {
		files = append(files, p.Trust.file())
	}
	if p.InRegions != nil {
		files = append(files, p.InRegions.files()...)
	}
	return b.deliver(cmd, c, append(files, usb.File{Name: papers.CoreFile, Content: core}))
}

// deliver writes files and a signed manifest of them.
func (b *bearer) deliver(cmd *cobra.Command, c *localapi.Client, files []usb.File) ([]carry.Delivered, error) {
	listed := make([]wire.File, 0, len(files))
	for _, f := range files {
		listed = append(listed, wire.File{Path: f.Name, Size: uint64(len(f.Content)), Hash: sha256.Sum256(f.Content)})
	}
	manifest, err := c.SignManifest(listed)
	if err != nil {
		return nil, err
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	return b.desk.Deliver(ctx, b.drive, append(files, usb.File{Name: manifestFile, Content: manifest}))
}
