package interview

import "fmt"

// Counted puts a number into the wording for one or into the one for more; both hold %d once.
func Counted(n int, one, more string) string {
	if n == 1 {
		return fmt.Sprintf(one, n)
	}
	return fmt.Sprintf(more, n)
}
