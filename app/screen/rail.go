package screen

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// railItem is a line of the rail: a screen or an action.
type railItem struct {
	widget.BaseWidget

	label, icon, key string
	selected, narrow bool
	hovered          bool
	count            int // of what waits there; 0 shows none
	tone             tone
	tapped           func()
}

var (
	_ fyne.Tappable     = (*railItem)(nil)
	_ desktop.Hoverable = (*railItem)(nil)
)

func newRailItem(label, icon, key string, selected, narrow bool, tapped func()) *railItem {
	i := &railItem{label: label, icon: icon, key: key, selected: selected, narrow: narrow, tapped: tapped}
	i.ExtendBaseWidget(i)
	return i
}

func (i *railItem) Tapped(*fyne.PointEvent) { i.tapped() }

func (i *railItem) MouseIn(*desktop.MouseEvent) { i.hovered = true; i.Refresh() }

func (i *railItem) MouseMoved(*desktop.MouseEvent) {}

func (i *railItem) MouseOut() { i.hovered = false; i.Refresh() }

func (i *railItem) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(color.Transparent)
	ground.CornerRadius = radius
	bar := canvas.NewRectangle(color.Transparent)
	bar.SetMinSize(fyne.NewSize(3, 1))
	bar.CornerRadius = 1.5
	ink, style := colourText2, plain
	if i.selected {
		ink, style = colourAccent, bold
		bar.FillColor = colour(colourAccent)
	}
	row := line(8, icon(i.icon, 20, ink))
	if i.narrow {
		row = line(0, layout.NewSpacer(), i.sign(ink), layout.NewSpacer())
	} else {
		label := text(i.label, sizeBody, colourText, style)
		if i.selected {
			label.Color = colour(colourAccent)
		}
		row.Add(middle(label))
		row.Add(layout.NewSpacer())
		if i.count > 0 {
			row.Add(middle(Pill("", number(i.count), i.tone)))
		}
		if i.key != "" {
			row.Add(middle(railKey(i.key)))
		}
	}
	body := container.NewStack(ground, container.NewBorder(nil, nil, padded(bar, 7, 7, 0, 0), nil, padded(row, 0, 0, 8, 9)))
	return &railRenderer{WidgetRenderer: widget.NewSimpleRenderer(sized(body, 0, buttonHigh)), item: i, ground: ground}
}

// sign is the icon, with a dot when something waits there.
func (i *railItem) sign(ink fyne.ThemeColorName) fyne.CanvasObject {
	sign := icon(i.icon, 20, ink)
	if i.count == 0 {
		return sign
	}
	dot := sized(box(i.tone.text, "", 4), 8, 8)
	return container.NewStack(sign, container.NewBorder(container.NewBorder(nil, nil, nil, dot), nil, nil, nil))
}

// railKey shows the digit of a screen, or the key of an action.
func railKey(key string) fyne.CanvasObject {
	if len(key) == 1 {
		return text(key, sizeLabel, colourText3, plain)
	}
	return Keycap(key)
}

type railRenderer struct {
	fyne.WidgetRenderer

	item   *railItem
	ground *canvas.Rectangle
}

func (r *railRenderer) Refresh() {
	switch {
	case r.item.selected:
		r.ground.FillColor = colour(colourSelected)
	case r.item.hovered:
		r.ground.FillColor = colour(colourHover)
	default:
		r.ground.FillColor = color.Transparent
	}
	r.ground.Refresh()
}

// rail is the column of screens.
func (s *Shell) rail() fyne.CanvasObject {
	return railColumn(s.screens, s.at(), s.narrow, func(i int) { s.console.Open(s.screens[i].place) }, lockItem(s.narrow, s.console.Lock))
}

func lookItem(narrow bool, tapped func()) fyne.CanvasObject {
	return newRailItem(say("rail.look"), "light", "Ctrl+D", false, narrow, tapped)
}

func lockItem(narrow bool, tapped func()) fyne.CanvasObject {
	return newRailItem(say("rail.lock"), "lock", "Ctrl+L", false, narrow, tapped)
}

// railColumn is the column of screens, with more below.
func railColumn(screens []screen, at int, narrow bool, open func(i int), more ...fyne.CanvasObject) fyne.CanvasObject {
	top, bottom := column(2), column(2)
	for i, sc := range screens {
		key, _ := strings.CutPrefix(sc.shortcut, "Ctrl+")
		item := newRailItem(say(sc.title), sc.icon, key, i == at, narrow, func() { open(i) })
		if sc.badge != nil {
			item.count, item.tone = sc.badge()
		}
		item.Refresh()
		switch {
		case sc.group == below:
			bottom.Add(item)
			continue
		case i > 0 && sc.group != screens[i-1].group:
			top.Add(padded(rule(), 6, 6, 4, 4))
		}
		top.Add(item)
	}
	for _, o := range more {
		bottom.Add(o)
	}
	width := railWide
	if narrow {
		width = railNarrow
	}
	edge := flush{right: rule(), middle: padded(flush{top: top, bottom: bottom}.container(), 8, 6, 6, 6)}.container()
	return container.NewStack(box(colourSunken, "", 0), sized(edge, width, 0))
}
