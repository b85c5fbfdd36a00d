package ollamatest

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// The sizes of the generated model: enough for a server to load it as any other, and to answer in milliseconds.
const (
	tinyWidth   = 64
	tinyLayers  = 2
	tinyHeads   = 4
	tinyKV      = 2
	tinyForward = 128
	tinyContext = 8192
)

// Types of values in a GGUF file.
const (
	ggufU32   = 4
	ggufI32   = 5
	ggufF32   = 6
	ggufBool  = 7
	ggufText  = 8
	ggufArray = 9
)

// Kinds of tokens.
const (
	tokenNormal  = 1
	tokenUnknown = 2
	tokenControl = 3
	tokenByte    = 6
)

// TinyModel makes a model file of about half a megabyte with random weights: a test double that says noise, by which the
// protocol of a real server can be tried in milliseconds. An endless one never says that it is done.
func TinyModel(endless bool) []byte { //nolint:funlen // one file, written from its front to its end
	tokens, kinds := []string{"<unk>", "<s>", "</s>"}, []int32{tokenUnknown, tokenControl, tokenControl}
	for i := range 256 {
		tokens, kinds = append(tokens, byteToken(byte(i))), append(kinds, tokenByte)
	}
	for _, t := range []string{"<|im_start|>", "<|im_end|>"} {
		tokens, kinds = append(tokens, t), append(kinds, tokenControl)
	}
	known := map[string]bool{}
	add := func(t string) {
		if !known[t] {
			known[t] = true
			tokens, kinds = append(tokens, t), append(kinds, tokenNormal)
		}
	}
	add("▁")
	for c := ' ' + 1; c < 127; c++ {
		add(string(c))
	}
	add("\n")
	for _, word := range []string{"▁you", "▁what", "▁did", "▁the"} { // every beginning of a word has to be a token too
		r := []rune(word)
		for n := 1; n <= len(r); n++ {
			add(string(r[:n]))
		}
	}
	scores := make([]float32, len(tokens))
	for i := range scores {
		scores[i] = -float32(i)
	}
	var head, data bytes.Buffer
	le := func(w *bytes.Buffer, v any) { _ = binary.Write(w, binary.LittleEndian, v) } // a buffer takes everything
	text := func(w *bytes.Buffer, s string) {
		le(w, uint64(len(s)))
		w.WriteString(s)
	}
	keys := 0
	key := func(name string, typ uint32) {
		keys++
		text(&head, name)
		le(&head, typ)
	}
	u32 := func(name string, v uint32) { key(name, ggufU32); le(&head, v) }
	f32 := func(name string, v float32) { key(name, ggufF32); le(&head, v) }
	str := func(name, v string) { key(name, ggufText); text(&head, v) }
	str("general.architecture", "llama")
	str("general.name", "tiny")
	u32("general.file_type", 0)
	u32("llama.context_length", tinyContext)
	u32("llama.embedding_length", tinyWidth)
	u32("llama.block_count", tinyLayers)
	u32("llama.feed_forward_length", tinyForward)
	u32("llama.attention.head_count", tinyHeads)
	u32("llama.attention.head_count_kv", tinyKV)
	f32("llama.attention.layer_norm_rms_epsilon", 1e-5)
	u32("llama.rope.dimension_count", tinyWidth/tinyHeads)
	f32("llama.rope.freq_base", 10000)
	u32("llama.vocab_size", uint32(len(tokens)))
	str("tokenizer.ggml.model", "llama")
	key("tokenizer.ggml.tokens", ggufArray)
	le(&head, uint32(ggufText))
	le(&head, uint64(len(tokens)))
	for _, t := range tokens {
		text(&head, t)
	}
	key("tokenizer.ggml.scores", ggufArray)
	le(&head, uint32(ggufF32))
	le(&head, uint64(len(scores)))
	le(&head, scores)
	key("tokenizer.ggml.token_type", ggufArray)
	le(&head, uint32(ggufI32))
	le(&head, uint64(len(kinds)))
	le(&head, kinds)
	u32("tokenizer.ggml.bos_token_id", 1)
	u32("tokenizer.ggml.eos_token_id", 2)
	u32("tokenizer.ggml.unknown_token_id", 0)
	for _, name := range []string{"tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token"} {
		key(name, ggufBool)
		head.WriteByte(map[bool]byte{true: 1}[name == "tokenizer.ggml.add_bos_token"])
	}
	var infos bytes.Buffer
	tensors := 0
	rng := rand.New(rand.NewPCG(1, 2))
	tensor := func(name string, fill func(i int) float32, dims ...int) {
		tensors++
		text(&infos, name)
		le(&infos, uint32(len(dims)))
		n := 1
		for _, d := range dims {
			le(&infos, uint64(d))
			n *= d
		}
		le(&infos, uint32(0)) // F32
		le(&infos, uint64(data.Len()))
		row := make([]float32, n)
		for i := range row {
			row[i] = fill(i)
		}
		le(&data, row)
		for data.Len()%32 != 0 {
			data.WriteByte(0)
		}
	}
	noise := func(int) float32 { return float32(rng.NormFloat64() * 0.05) }
	ones := func(int) float32 { return 1 }
	const vector = tinyWidth / tinyHeads
	tensor("token_embd.weight", noise, tinyWidth, len(tokens))
	for l := range tinyLayers {
		at := func(s string) string { return "blk." + string(rune('0'+l)) + "." + s + ".weight" }
		tensor(at("attn_norm"), ones, tinyWidth)
		tensor(at("attn_q"), noise, tinyWidth, tinyWidth)
		tensor(at("attn_k"), noise, tinyWidth, vector*tinyKV)
		tensor(at("attn_v"), noise, tinyWidth, vector*tinyKV)
		tensor(at("attn_output"), noise, tinyWidth, tinyWidth)
		tensor(at("ffn_norm"), ones, tinyWidth)
		tensor(at("ffn_gate"), noise, tinyWidth, tinyForward)
		tensor(at("ffn_up"), noise, tinyWidth, tinyForward)
		tensor(at("ffn_down"), noise, tinyForward, tinyWidth)
	}
	tensor("output_norm.weight", ones, tinyWidth)
	tensor("output.weight", func(i int) float32 {
		if row := i / tinyWidth; endless && (row == 2 || row == 260) { // the ends of a text and of a turn
			return 0
		}
		return noise(i)
	}, tinyWidth, len(tokens))
	var out bytes.Buffer
	out.WriteString("GGUF")
	le(&out, uint32(3))
	le(&out, uint64(tensors))
	le(&out, uint64(keys))
	out.Write(head.Bytes())
	out.Write(infos.Bytes())
	for out.Len()%32 != 0 {
		out.WriteByte(0)
	}
	out.Write(data.Bytes())
	return out.Bytes()
}

func byteToken(b byte) string {
	const hex = "0123456789ABCDEF"
	return "<0x" + string(hex[b>>4]) + string(hex[b&15]) + ">"
}
