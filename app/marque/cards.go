package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
)

func newCards() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cards",
		Short: "Check share cards, and rehearse the loss of the vault",
		Long: `The ceremony made share cards: of the master secret (backup), and of the next core. They exist on paper alone. Whether every card can
be read again is known only when every card was read again.`,
	}
	cmd.AddCommand(newCardsCheck(), newCardsDrill(), newCardsWaive())
	return cmd
}

func newCardsCheck() *cobra.Command {
	var h home
	cmd := &cobra.Command{
		Use:   "check --dir FOLDER --officer NAME [CARD…]",
		Short: "Verify cards that their holders entered again, each alone",
		Long: `Verifies each card against the commitments of its set, and notes that it was entered. Cards come from files, or from pictures of their
codes, or are typed where no file is named. A single card says nothing about the secret.`,
		Example: "  marque authority cards check --dir fleet --officer 'Ada Byron' photo-of-card-3.jpg",
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.signedOn(func(c *localapi.Client) error {
				cards, err := readCards(args)
				if err != nil {
					return advice.Wrap("no card was checked", err)
				}
				defer eraseCards(cards)
				for i, card := range cards {
					k, err := c.CheckCard(card)
					if err != nil {
						return advice.Wrap(cardName(args, i)+" is not right", err)
					}
					cmd.Printf("%s: %s card %d of %d is right; entered so far: %d of %d\n", cardName(args, i), k.Purpose, k.Index, k.Total, k.Seen, k.Total)
				}
				return nil
			})
		},
	}
	h.signFlags(cmd)
	return cmd
}

func cardName(files []string, i int) string {
	if i < len(files) {
		return files[i]
	}
	return fmt.Sprintf("card %d", i+1)
}

func newCardsDrill() *cobra.Command {
	var h home
	cmd := &cobra.Command{
		Use:   "drill --dir FOLDER --officer NAME… [CARD…]",
		Short: "Restore the master secret from backup cards into a second vault, and compare",
		Long: `Rehearses the loss of the vault: as many backup cards as are needed give the secret back, a second vault is made of it, opened, compared
with the realm, and removed. The log says that the drill was passed; nothing is issued before.`,
		Example: "  marque authority cards drill --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' card-1.txt card-3.txt card-4.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				const what = "the drill was not passed"
				cards, err := readCards(args)
				if err != nil {
					return advice.Wrap(what, err)
				}
				defer eraseCards(cards)
				defer terminal.Progress("restoring into a second vault")()
				if err := c.Drill(cards); err != nil {
					return advice.Wrap(what, err)
				}
				cmd.Printf("the drill was passed with %d cards: they give this realm's master secret back\n", len(cards))
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	return cmd
}

func newCardsWaive() *cobra.Command {
	var h home
	var yes bool
	cmd := &cobra.Command{
		Use:   "waive --dir FOLDER --officer NAME…",
		Short: "Go without the drill, which is shown for ever",
		Long: `Puts into the log that the realm does without a restore drill. It can never be taken back: every status shows it, and the realm stays of
evaluation grade.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the drill was not waived"
			if !yes {
				var err error
				if yes, err = terminal.Confirm("Every status will show for ever that there was no drill."); err != nil {
					return advice.Wrap(what, err)
				}
				if !yes {
					return advice.Wrap(what, errNotConfirmed)
				}
			}
			return h.unlocked(func(c *localapi.Client) error {
				if err := c.WaiveDrill(); err != nil {
					return advice.Wrap(what, err)
				}
				cmd.Println("the drill is waived, for ever")
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "ask nothing")
	return cmd
}
