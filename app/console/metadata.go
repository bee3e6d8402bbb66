package main

import (
	"fyne.io/fyne/v2"

	"marque/assets"
)

// metadata is what FyneApp.toml says; a test compares the two. The file itself is read by the packaging tool only.
func metadata() fyne.AppMetadata {
	return fyne.AppMetadata{
		ID:         "io.marque.console",
		Name:       "Marque",
		Version:    "0.1.0",
		Build:      1,
		Icon:       fyne.NewStaticResource("icon.png", assets.AppIcon),
		Migrations: map[string]bool{"fyneDo": true},
	}
}
