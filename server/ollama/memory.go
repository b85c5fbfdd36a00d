package ollama

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// memoryOf is how much memory this machine has, in bytes; 0 where it does not say.
func memoryOf() uint64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0 // not Linux: the smallest suggestions are right everywhere
	}
	defer func() { _ = f.Close() }() // it was only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemTotal:"); ok {
			kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
