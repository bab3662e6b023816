"""Golden numbers for Gemma, Gemma 2, Gemma 3 and for sliding windows: logits, log-probabilities and gradients of small random policies, by PyTorch alone.

    python3 gemma_forward.py          writes llama_forward/<variant>/ as llama_forward.py does

Written with PyTorch 1.13 (CPU) after the text of transformers' GemmaForCausalLM, Gemma2ForCausalLM and Gemma3ForCausalLM; the arithmetic is float64. Variants:
"gemma" (no norms behind blocks, caps or windows), "gemma2" (both caps, every other layer slides, queries scaled by a number of their own, BF16), "gemma3" (heads
normalized, two of three layers slide and turn by another base, the others stretched, old spelling), "gemma3_layers" (layer_types and nested rope_parameters, a cap
of the logits, vectors in the attention, untied), "mistral_window" (all layers slide), "qwen2_window" (the last layers slide).
"""
import json, math, os
import torch
from llama_forward import COMMON, DTYPES, OUT, shapes as llama_shapes, write

GEMMA = dict(COMMON, hidden_activation="gelu_pytorch_tanh", rms_norm_eps=1e-4, bos_token_id=2, eos_token_id=1)
del GEMMA["hidden_act"]
SMALL = dict(hidden_size=16, head_dim=12, intermediate_size=20, num_attention_heads=4, num_key_value_heads=2)
VARIANTS = {
    "gemma": dict(GEMMA, **SMALL, model_type="gemma", num_hidden_layers=2, vocab_size=36, rope_theta=10000.0, torch_dtype="float32"),
    "gemma2": dict(GEMMA, **SMALL, model_type="gemma2", num_hidden_layers=3, vocab_size=36, rope_theta=5000.0, query_pre_attn_scalar=7,
                   attn_logit_softcapping=2.5, final_logit_softcapping=3.0, sliding_window=9, torch_dtype="bfloat16"),
    "gemma3": dict(GEMMA, **SMALL, model_type="gemma3_text", num_hidden_layers=4, vocab_size=36, rope_theta=200000.0, rope_local_base_freq=900.0,
                   rope_scaling=dict(rope_type="linear", factor=4.0), query_pre_attn_scalar=20, attn_logit_softcapping=None, final_logit_softcapping=None,
                   sliding_window=7, sliding_window_pattern=3, torch_dtype="float32"),
    "gemma3_layers": dict(GEMMA, **SMALL, model_type="gemma3_text", num_hidden_layers=2, vocab_size=32, query_pre_attn_scalar=12, attention_bias=True,
                          rope_parameters=dict(full_attention=dict(rope_type="default", rope_theta=70000.0), sliding_attention=dict(rope_type="default", rope_theta=300.0)),
                          attn_logit_softcapping=None, final_logit_softcapping=5.0, sliding_window=5, layer_types=["full_attention", "sliding_attention"],
                          tie_word_embeddings=False, torch_dtype="float32"),
    "mistral_window": dict(COMMON, model_type="mistral", hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                           vocab_size=32, rope_theta=10000.0, tie_word_embeddings=False, sliding_window=6, torch_dtype="float32"),
    "qwen2_window": dict(COMMON, model_type="qwen2", hidden_size=16, intermediate_size=20, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=2,
                         vocab_size=32, rope_theta=10000.0, tie_word_embeddings=True, use_sliding_window=True, sliding_window=11, max_window_layers=1,
                         torch_dtype="float32"),
}


def is_gemma(c):
    return c["model_type"].startswith("gemma")


def shapes(c):
    c = dict(c, tie_word_embeddings=c.get("tie_word_embeddings", True))
    hd = c.get("head_dim")
    for name, shape in llama_shapes(c):
        if c["model_type"] in ("gemma2", "gemma3_text") and name.endswith("post_attention_layernorm.weight"):
            yield name, shape
            for norm in ("pre_feedforward_layernorm", "post_feedforward_layernorm"):
                yield name.replace("post_attention_layernorm", norm), shape
            continue
        yield name, shape
        if c["model_type"] == "gemma3_text" and name.endswith("o_proj.weight"):
            for norm in ("q_norm", "k_norm"):
                yield name.replace("o_proj", norm), (hd,)


def slides(c, i):
    if "layer_types" in c:
        return c["layer_types"][i] == "sliding_attention"
    return {"mistral": True, "gemma2": (i + 1) % 2 != 0, "gemma3_text": (i + 1) % c.get("sliding_window_pattern", 6) != 0,
            "qwen2": i >= c.get("max_window_layers", 0)}.get(c["model_type"], False)


def angles(c, hd, t, sliding):
    nested = c.get("rope_parameters")
    theta, factor = c.get("rope_theta"), (c.get("rope_scaling") or {}).get("factor", 1.0)
    if sliding and c["model_type"] == "gemma3_text":
        theta, factor = c.get("rope_local_base_freq"), 1.0
    if nested:
        theta = nested["sliding_attention" if sliding else "full_attention"]["rope_theta"]
    frequency = theta ** (-torch.arange(0, hd, 2, dtype=torch.float64) / hd) / factor
    angle = torch.arange(t, dtype=torch.float64)[:, None] * frequency[None]
    return angle.cos(), angle.sin()


def capped(x, cap):
    return cap * torch.tanh(x / cap) if cap else x


def logits(c, w, ids):
    heads, kv, t = c["num_attention_heads"], c["num_key_value_heads"], len(ids)
    hd = c.get("head_dim", c["hidden_size"] // heads)
    more = 1 if is_gemma(c) else 0
    behind = c["model_type"] in ("gemma2", "gemma3_text")
    scale = c.get("query_pre_attn_scalar", hd) ** -0.5

    def norm(x, name):
        return (more + w[name + ".weight"]) * x / torch.sqrt((x * x).mean(-1, keepdim=True) + c["rms_norm_eps"])

    def linear(x, name):
        return x @ w[name + ".weight"].T + w.get(name + ".bias", 0)

    def act(x):
        if not is_gemma(c):
            return x * torch.sigmoid(x)
        return x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))) / 2

    x = w["model.embed_tokens.weight"][torch.tensor(ids)] * (math.sqrt(c["hidden_size"]) if is_gemma(c) else 1)
    query, key = torch.arange(t)[:, None], torch.arange(t)[None]
    for i in range(c["num_hidden_layers"]):
        p, sliding = f"model.layers.{i}.", slides(c, i)
        cos, sin = angles(c, hd, t, sliding)
        hidden = key > query
        if sliding:
            hidden = hidden | (key <= query - c["sliding_window"])

        def rotate(y):
            a, b = y[..., : hd // 2], y[..., hd // 2:]
            return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

        h = norm(x, p + "input_layernorm")
        q, k, v = (linear(h, p + f"self_attn.{n}_proj").view(t, -1, hd).transpose(0, 1) for n in "qkv")
        if c["model_type"] == "gemma3_text":
            q, k = norm(q, p + "self_attn.q_norm"), norm(k, p + "self_attn.k_norm")
        q, k, v = rotate(q), rotate(k).repeat_interleave(heads // kv, 0), v.repeat_interleave(heads // kv, 0)
        score = capped(q @ k.transpose(1, 2) * scale, c.get("attn_logit_softcapping")).masked_fill(hidden, -math.inf)
        attended = linear((score.softmax(-1) @ v).transpose(0, 1).reshape(t, heads * hd), p + "self_attn.o_proj")
        x = x + (norm(attended, p + "post_attention_layernorm") if behind else attended)
        h = norm(x, p + ("pre_feedforward_layernorm" if behind else "post_attention_layernorm"))
        fed = linear(act(linear(h, p + "mlp.gate_proj")) * linear(h, p + "mlp.up_proj"), p + "mlp.down_proj")
        x = x + (norm(fed, p + "post_feedforward_layernorm") if behind else fed)
    out = norm(x, "model.norm") @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T
    return capped(out, c.get("final_logit_softcapping"))


def main():
    for index, (variant, c) in enumerate(VARIANTS.items()):
        folder = os.path.join(OUT, variant)
        os.makedirs(folder, exist_ok=True)
        generator = torch.Generator().manual_seed(80 + index)
        stored, weights = DTYPES[c["torch_dtype"]][1], {}
        for name, shape in shapes(c):
            centre = 1 if name.endswith("norm.weight") and not is_gemma(c) else 0
            value = torch.randn(shape, generator=generator) * (0.3 if len(shape) == 2 else 0.2) + centre
            weights[name] = value.to(stored).double().requires_grad_()
        ids = torch.randint(0, c["vocab_size"], (40,), generator=generator).tolist()
        out = logits(c, weights, ids)
        logps = out.log_softmax(-1)[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
        logps[9:].sum().backward()  # log-probability of the last 30 tokens, given the first 10
        with open(os.path.join(folder, "config.json"), "w") as f:
            json.dump(c, f, indent=2)
        with open(os.path.join(folder, "expected.json"), "w") as f:
            json.dump(dict(ids=ids, prompt=10, logits=[[round(x, 7) for x in out[t].tolist()] for t in (0, 9, 25, 39)], positions=[0, 9, 25, 39],
                           logps=[round(x, 7) for x in logps.tolist()]), f)
        write(os.path.join(folder, "gradients.safetensors"), {k: v.grad for k, v in weights.items()}, "float32")
        write(os.path.join(folder, "model.safetensors"), {k: v.detach() for k, v in weights.items()}, c["torch_dtype"])


if __name__ == "__main__":
    main()
