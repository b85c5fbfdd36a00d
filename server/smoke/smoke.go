// Package smoke boots the whole program in tests and uses it as its clients do. It has no code of its own.
package smoke
