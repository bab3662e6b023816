"""Golden numbers for the forward pass: logits and parameter gradients of small random Llamas, by PyTorch alone.

    python3 llama_forward.py          writes llama_forward/<variant>/{config.json,*.safetensors,expected.json,gradients.safetensors}

Written with PyTorch 1.13.1 (CPU). The weights are rounded to the dtype of the file first; the arithmetic is float64. Each variant covers
another part of the family: "grouped" (F32, grouped-query attention, untied, old rope_theta), "llama3" (BF16 in two shards, tied, explicit
head_dim, llama3 rope scaling in the old spelling), "linear" (F16, mistral, linear rope scaling in the new rope_parameters spelling), "qwen2" (vectors added to
queries, keys and values, yarn), "qwen3" (heads normalized, head_dim apart from the hidden size), "smollm3" (every second layer without rotary positions), "biased"
(a Llama whose projections all add vectors), "phi3" (fused matrices, longrope within the first context).
"""
import json, math, os, struct
import torch

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "llama_forward")
COMMON = dict(hidden_act="silu", rms_norm_eps=1e-5, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, initializer_range=0.02)
VARIANTS = {
    "grouped": dict(COMMON, model_type="llama", hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
                    num_key_value_heads=2, vocab_size=40, rope_theta=10000.0, tie_word_embeddings=False, torch_dtype="float32"),
    "llama3": dict(COMMON, model_type="llama", hidden_size=24, head_dim=16, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
                   num_key_value_heads=1, vocab_size=32, rope_theta=500000.0, tie_word_embeddings=True, torch_dtype="bfloat16",
                   rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=24)),
    "linear": dict(COMMON, model_type="mistral", hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2,
                   num_key_value_heads=2, vocab_size=32, tie_word_embeddings=False, sliding_window=64, torch_dtype="float16",
                   rope_parameters=dict(rope_type="linear", factor=2.5, rope_theta=2000.0)),
    "qwen2": dict(COMMON, model_type="qwen2", hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
                  num_key_value_heads=2, vocab_size=40, rope_theta=10000.0, tie_word_embeddings=True, torch_dtype="float32",
                  use_sliding_window=False, sliding_window=16, max_window_layers=1,
                  rope_scaling=dict(type="yarn", factor=4.0, original_max_position_embeddings=32)),
    "qwen3": dict(COMMON, model_type="qwen3", hidden_size=20, head_dim=12, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
                  num_key_value_heads=2, vocab_size=36, rope_theta=1000000.0, tie_word_embeddings=False, torch_dtype="bfloat16", attention_bias=False),
    "smollm3": dict(COMMON, model_type="smollm3", hidden_size=16, intermediate_size=20, num_hidden_layers=4, num_attention_heads=4,
                    num_key_value_heads=1, vocab_size=32, rope_theta=5000.0, tie_word_embeddings=True, torch_dtype="float32", no_rope_layers=[1, 0, 1, 0]),
    "biased": dict(COMMON, model_type="llama", hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
                   num_key_value_heads=2, vocab_size=32, rope_theta=10000.0, tie_word_embeddings=False, torch_dtype="float32", attention_bias=True, mlp_bias=True),
    "phi3": dict(COMMON, model_type="phi3", hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
                 num_key_value_heads=1, vocab_size=32, rope_theta=10000.0, tie_word_embeddings=False, torch_dtype="float32", sliding_window=None,
                 original_max_position_embeddings=64, rope_scaling=dict(type="longrope", short_factor=[1.0, 1.1, 1.5, 2.5], long_factor=[1.0, 2.0, 4.0, 8.0])),
}
DTYPES = dict(float32=("F32", torch.float32), bfloat16=("BF16", torch.bfloat16), float16=("F16", torch.float16))


def biased(c, projection):
    if projection in ("q_proj", "k_proj", "v_proj"):
        return c["model_type"] == "qwen2" or c.get("attention_bias", False)
    return c.get("attention_bias" if projection == "o_proj" else "mlp_bias", False)


def shapes(c):
    d, f, hd = c["hidden_size"], c["intermediate_size"], c.get("head_dim", c["hidden_size"] // c["num_attention_heads"])
    q, kv = hd * c["num_attention_heads"], hd * c["num_key_value_heads"]

    def linear(path, projection, rows, columns):
        yield f"{path}{projection}.weight", (rows, columns)
        if biased(c, projection):
            yield f"{path}{projection}.bias", (rows,)

    yield "model.embed_tokens.weight", (c["vocab_size"], d)
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        yield p + "input_layernorm.weight", (d,)
        if c["model_type"] == "phi3":
            yield from linear(p + "self_attn.", "qkv_proj", q + 2 * kv, d)
        else:
            yield from linear(p + "self_attn.", "q_proj", q, d)
            yield from linear(p + "self_attn.", "k_proj", kv, d)
            yield from linear(p + "self_attn.", "v_proj", kv, d)
        yield from linear(p + "self_attn.", "o_proj", d, q)
        if c["model_type"] == "qwen3":
            yield p + "self_attn.q_norm.weight", (hd,)
            yield p + "self_attn.k_norm.weight", (hd,)
        yield p + "post_attention_layernorm.weight", (d,)
        if c["model_type"] == "phi3":
            yield from linear(p + "mlp.", "gate_up_proj", 2 * f, d)
        else:
            yield from linear(p + "mlp.", "gate_proj", f, d)
            yield from linear(p + "mlp.", "up_proj", f, d)
        yield from linear(p + "mlp.", "down_proj", d, f)
    yield "model.norm.weight", (d,)
    if not c["tie_word_embeddings"]:
        yield "lm_head.weight", (c["vocab_size"], d)


def turning(times, hd, theta, positions):
    """The place of the frequency that turns so many times within so many positions."""
    return hd * math.log(positions / (times * 2 * math.pi)) / (2 * math.log(theta))


def frequencies(c, hd):
    scaling = c.get("rope_parameters") or c.get("rope_scaling") or {}
    theta = scaling.get("rope_theta") or c["rope_theta"]
    result = []
    for i in range(hd // 2):
        f = theta ** (-2 * i / hd)
        kind = scaling.get("rope_type", scaling.get("type", "default"))
        if kind == "linear":
            f /= scaling["factor"]
        elif kind == "llama3":
            original, low, high = scaling["original_max_position_embeddings"], scaling["low_freq_factor"], scaling["high_freq_factor"]
            wave = 2 * math.pi / f
            if wave > original / low:
                f /= scaling["factor"]
            elif wave > original / high:
                s = (original / wave - low) / (high - low)
                f = (1 - s) * f / scaling["factor"] + s * f
        elif kind == "longrope":
            f /= scaling["short_factor"][i]
        elif kind == "yarn":
            first = math.floor(turning(32, hd, theta, scaling["original_max_position_embeddings"]))
            last = math.ceil(turning(1, hd, theta, scaling["original_max_position_embeddings"]))
            first, last = max(first, 0), min(last, hd - 1)
            stretched = min(max((i - first) / (last - first), 0), 1)
            f = f / scaling["factor"] * stretched + f * (1 - stretched)
        result.append(f)
    return torch.tensor(result, dtype=torch.float64)


def logits(c, w, ids):
    heads, kv, t = c["num_attention_heads"], c["num_key_value_heads"], len(ids)
    hd = c.get("head_dim", c["hidden_size"] // heads)
    angle = torch.arange(t, dtype=torch.float64)[:, None] * frequencies(c, hd)[None]
    scaling = c.get("rope_scaling") or {}
    longer = 0.1 * math.log(scaling["factor"]) + 1 if scaling.get("type") == "yarn" else 1
    if scaling.get("type") == "longrope":
        first = c["original_max_position_embeddings"]
        longer = math.sqrt(1 + math.log(c["max_position_embeddings"] / first) / math.log(first))
    cos, sin = longer * angle.cos(), longer * angle.sin()

    def rotate(x):  # [heads, time, size]
        a, b = x[..., : hd // 2], x[..., hd // 2:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def norm(x, g):
        return g * x / torch.sqrt((x * x).mean(-1, keepdim=True) + c["rms_norm_eps"])

    def linear(x, name):
        return x @ w[name + ".weight"].T + w.get(name + ".bias", 0)

    def split(x, n):
        return x.view(t, n, hd).transpose(0, 1)

    x = w["model.embed_tokens.weight"][torch.tensor(ids)]
    future = torch.ones(t, t).triu(1).bool()
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        h = norm(x, w[p + "input_layernorm.weight"])
        if c["model_type"] == "phi3":
            q, k, v = linear(h, p + "self_attn.qkv_proj").split([heads * hd, kv * hd, kv * hd], -1)
        else:
            q, k, v = (linear(h, p + f"self_attn.{n}_proj") for n in "qkv")
        q, k, v = split(q, heads), split(k, kv), split(v, kv).repeat_interleave(heads // kv, 0)
        if c["model_type"] == "qwen3":
            q, k = norm(q, w[p + "self_attn.q_norm.weight"]), norm(k, w[p + "self_attn.k_norm.weight"])
        if c.get("no_rope_layers", [1] * (i + 1))[i]:
            q, k = rotate(q), rotate(k)
        k = k.repeat_interleave(heads // kv, 0)
        score = (q @ k.transpose(1, 2) / math.sqrt(hd)).masked_fill(future, -math.inf)
        mixed = (score.softmax(-1) @ v).transpose(0, 1).reshape(t, heads * hd)
        x = x + linear(mixed, p + "self_attn.o_proj")
        h = norm(x, w[p + "post_attention_layernorm.weight"])
        if c["model_type"] == "phi3":
            gate, up = linear(h, p + "mlp.gate_up_proj").chunk(2, -1)
        else:
            gate, up = linear(h, p + "mlp.gate_proj"), linear(h, p + "mlp.up_proj")
        x = x + linear(gate * torch.sigmoid(gate) * up, p + "mlp.down_proj")
    x = norm(x, w["model.norm.weight"])
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def write(path, tensors, dtype):
    name, kind = DTYPES[dtype]
    header, data = {}, b""
    for key, value in tensors.items():
        raw = value.to(kind).contiguous()
        raw = bytes(raw.view(torch.int16 if name != "F32" else torch.int32).numpy().tobytes())
        header[key] = dict(dtype=name, shape=list(value.shape), data_offsets=[len(data), len(data) + len(raw)])
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def main():
    for index, (variant, config) in enumerate(VARIANTS.items()):
        folder = os.path.join(OUT, variant)
        os.makedirs(folder, exist_ok=True)
        generator = torch.Generator().manual_seed(20 + index)
        stored = DTYPES[config["torch_dtype"]][1]
        weights = {}
        for key, shape in shapes(config):
            value = torch.randn(shape, generator=generator) * (0.3 if len(shape) == 2 else 0.2) + (1 if len(shape) == 1 else 0)
            weights[key] = value.to(stored).double().requires_grad_()
        ids = torch.randint(0, config["vocab_size"], (40,), generator=generator).tolist()
        out = logits(config, weights, ids)
        logps = out.log_softmax(-1)[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
        logps[9:].sum().backward()  # log-probability of the last 30 tokens, given the first 10
        with open(os.path.join(folder, "config.json"), "w") as f:
            json.dump(config, f, indent=2)
        with open(os.path.join(folder, "expected.json"), "w") as f:
            json.dump(dict(ids=ids, prompt=10, logits=[[round(x, 7) for x in out[t].tolist()] for t in (0, 9, 25, 39)], positions=[0, 9, 25, 39],
                           logps=[round(x, 7) for x in logps.tolist()]), f)
        write(os.path.join(folder, "gradients.safetensors"), {k: v.grad for k, v in weights.items()}, "float32")
        detached = {k: v.detach() for k, v in weights.items()}
        if variant != "llama3":
            write(os.path.join(folder, "model.safetensors"), detached, config["torch_dtype"])
            continue
        keys = list(detached)
        shards = {"model-00001-of-00002.safetensors": keys[: len(keys) // 2], "model-00002-of-00002.safetensors": keys[len(keys) // 2:]}
        for name, part in shards.items():
            write(os.path.join(folder, name), {k: detached[k] for k in part}, config["torch_dtype"])
        with open(os.path.join(folder, "model.safetensors.index.json"), "w") as f:
            json.dump(dict(metadata={}, weight_map={k: name for name, part in shards.items() for k in part}), f, indent=1)


if __name__ == "__main__":
    main()
