package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// view draws one screen.
type view interface {
	draw(narrow bool) fyne.CanvasObject // anew, from the view-model
	bindings() []binding                // the keys that mean something now
	focus() fyne.Focusable              // what has the focus at first; nil for nothing
}

// screen is a line of the rail and what it opens.
type screen struct {
	place    flow.Place
	title    string // key of the translations
	icon     string
	shortcut string // empty for none
	group    int    // a line parts the groups of the rail; the last, below is at its bottom
	view     view
	badge    func() (n int, t tone) // what waits there; nil for nothing ever
}

// below is the group at the bottom of the rail.
const below = 9

// screens lists all screens of an open authority, in the order of the rail.
func screens(s *Shell) []screen {
	return []screen{
		{flow.PlaceHome, "home", "home", "Ctrl+1", 0, newHomeView(s), nil},
		{flow.PlaceEnrol, "enrol", "scan", "Ctrl+2", 0, newEnrolView(s), nil},
		{flow.PlaceIdentities, "identities", "list", "Ctrl+3", 0, newIdentitiesView(s), nil},
		{flow.PlaceRevoke, "revoke", "ban", "Ctrl+4", 0, newRevokeView(s), nil},
		{flow.PlacePublish, "publish", "publish", "Ctrl+5", 0, newPublishView(s), s.unpublished},
		{flow.PlaceApprovals, "approvals", "stamp", "Ctrl+6", 1, newApprovalsView(s), s.waiting},
		{flow.PlaceAudit, "audit", "register", "Ctrl+7", 1, newAuditView(s), nil},
		{flow.PlaceOfficers, "officers", "people", "Ctrl+8", 2, newOfficersView(s), nil},
		{flow.PlaceBackup, "backup", "lifebuoy", "Ctrl+9", 2, newBackupView(s), nil},
		{flow.PlaceRealm, "realm", "bank", "", 2, newRealmView(s), nil},
		{flow.PlaceDepots, "depots", "depot", "", 2, newDepotsView(s), nil},
		{flow.PlaceAbout, "about", "info", "", below, newAboutView(s), nil},
	}
}

// unpublished is how many changes no list has yet.
func (s *Shell) unpublished() (n int, t tone) {
	return s.console.Status.Now.Unpublished, toneDanger
}

// waiting is how many proposals wait for who is signed on here.
func (s *Shell) waiting() (n int, t tone) { return s.console.Home.Approvals(), toneAccent }

// page is a screen's content with its title row and, below, its commit bar; bar may be nil.
func page(narrow bool, title, bar, content fyne.CanvasObject) fyne.CanvasObject {
	inset := float32(20)
	if narrow {
		inset = 14
	}
	const own = 4 // what the layout adds between its parts
	if bar != nil {
		bar = padded(bar, gap-own, 0, 0, 0)
	}
	whole := container.NewBorder(padded(sized(title, 0, buttonHigh), 0, gap-own-4, 0, 0), bar, nil, nil, content)
	return padded(whole, 14, inset-4, inset, inset)
}

// title is the name of a screen, large.
func title(key string) fyne.CanvasObject { return text(say(key), sizeTitle, colourText, bold) }

// commitBar ends a screen on which something is committed: leave on the left, why-not and the primary button on the right.
func commitBar(leave fyne.CanvasObject, whyNot string, primary ...fyne.CanvasObject) fyne.CanvasObject {
	right := line(gap)
	if whyNot != "" {
		right.Add(middle(text(whyNot, sizeRow, colourText2, plain)))
	}
	for _, p := range primary {
		right.Add(middle(p))
	}
	if leave == nil {
		leave = layout.NewSpacer()
	}
	return container.NewBorder(nil, nil, middle(leave), right)
}
