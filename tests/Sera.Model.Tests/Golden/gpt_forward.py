"""Golden numbers for GPT-NeoX and GPT-2: logits, log-probabilities, and gradients of full and LoRA training, of small random policies, by PyTorch alone.

    python3 gpt_forward.py          writes llama_forward/<variant>/ as llama_forward.py does, and adapter/{adapter_config.json,adapter_model.safetensors},
                                    adapter_expected.json, adapter_gradients.safetensors

Written with PyTorch 1.13 (CPU) after the text of transformers' GPTNeoXForCausalLM and GPT2LMHeadModel; the arithmetic is float64. Tensors have the names,
shapes and order of rows that those write. Variants: "neox" (as Pythia: a quarter of each head turned, both blocks side by side, gelu), "neox_sequential" (one block
behind the other, tanh gelu, tied, no vectors in the attention, all in the new spelling, F16), "gpt2" (with the masks that old files carry, names without "transformer."),
"gpt2_inner" (with the prefix, an inner size of its own, erf gelu, untied, BF16).
"""
import json, math, os
import torch
from llama_forward import DTYPES, OUT, write

VARIANTS = {
    "neox": dict(model_type="gpt_neox", hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, vocab_size=36, hidden_act="gelu",
                 rotary_pct=0.5, rotary_emb_base=5000, max_position_embeddings=128, layer_norm_eps=1e-5, use_parallel_residual=True,
                 tie_word_embeddings=False, bos_token_id=0, eos_token_id=0, torch_dtype="float32"),
    "neox_sequential": dict(model_type="gpt_neox", hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=20, vocab_size=32,
                            hidden_act="gelu_new", max_position_embeddings=128, layer_norm_eps=1e-3, use_parallel_residual=False, attention_bias=False,
                            tie_word_embeddings=True, rope_parameters=dict(rope_type="default", rope_theta=300.0, partial_rotary_factor=0.25),
                            bos_token_id=0, eos_token_id=2, torch_dtype="float16"),
    "gpt2": dict(model_type="gpt2", n_embd=24, n_layer=2, n_head=3, n_positions=64, n_ctx=64, vocab_size=36, activation_function="gelu_new",
                 layer_norm_epsilon=1e-5, bos_token_id=35, eos_token_id=35, attn_pdrop=0.1, torch_dtype="float32"),
    "gpt2_inner": dict(model_type="gpt2", n_embd=16, n_layer=2, n_head=2, n_positions=48, n_inner=20, vocab_size=32, activation_function="gelu",
                       layer_norm_epsilon=1e-3, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, torch_dtype="bfloat16"),
}
ADAPTED = {"neox": ["query_key_value", "dense_4h_to_h"], "neox_sequential": ["query_key_value", "dense", "dense_h_to_4h"],
           "gpt2": ["c_attn", "c_proj"], "gpt2_inner": ["c_fc", "c_attn"]}
RANK, ALPHA = 2, 6


def neox_shapes(c):
    d, f = c["hidden_size"], c["intermediate_size"]
    yield "gpt_neox.embed_in.weight", (c["vocab_size"], d)
    for i in range(c["num_hidden_layers"]):
        p = f"gpt_neox.layers.{i}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield p + norm + ".weight", (d,)
            yield p + norm + ".bias", (d,)
        for name, rows, columns in (("attention.query_key_value", 3 * d, d), ("attention.dense", d, d), ("mlp.dense_h_to_4h", f, d), ("mlp.dense_4h_to_h", d, f)):
            yield p + name + ".weight", (rows, columns)
            if c.get("attention_bias", True) or "mlp" in name:
                yield p + name + ".bias", (rows,)
    yield "gpt_neox.final_layer_norm.weight", (d,)
    yield "gpt_neox.final_layer_norm.bias", (d,)
    if not c["tie_word_embeddings"]:
        yield "embed_out.weight", (c["vocab_size"], d)


def gpt2_shapes(c):
    d = c["n_embd"]
    f = c.get("n_inner") or 4 * d
    yield "transformer.wte.weight", (c["vocab_size"], d)
    yield "transformer.wpe.weight", (c["n_positions"], d)
    for i in range(c["n_layer"]):
        p = f"transformer.h.{i}."
        for norm in ("ln_1", "ln_2"):
            yield p + norm + ".weight", (d,)
            yield p + norm + ".bias", (d,)
        for name, inputs, outputs in (("attn.c_attn", d, 3 * d), ("attn.c_proj", d, d), ("mlp.c_fc", d, f), ("mlp.c_proj", f, d)):
            yield p + name + ".weight", (inputs, outputs)  # Conv1D
            yield p + name + ".bias", (outputs,)
    yield "transformer.ln_f.weight", (d,)
    yield "transformer.ln_f.bias", (d,)
    if not c.get("tie_word_embeddings", True):
        yield "lm_head.weight", (c["vocab_size"], d)


def activation(name, x):
    if name == "gelu":
        return x * (1 + torch.erf(x / math.sqrt(2))) / 2
    return x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))) / 2


def norm(w, name, x, eps):
    x = x - x.mean(-1, keepdim=True)
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * w[name + ".weight"] + w[name + ".bias"]


def added(lora, name, x):
    a = lora.get(f"base_model.model.{name}.lora_A.weight") if lora else None
    return 0 if a is None else ALPHA / RANK * (x @ a.T @ lora[f"base_model.model.{name}.lora_B.weight"].T)


def attend(q, k, v):  # [heads, time, size]
    t = q.shape[1]
    score = (q @ k.transpose(1, 2) / math.sqrt(q.shape[2])).masked_fill(torch.ones(t, t).triu(1).bool(), -math.inf)
    return (score.softmax(-1) @ v).transpose(0, 1).reshape(t, -1)


def neox_logits(c, w, ids, lora=None):
    t, heads, d = len(ids), c["num_attention_heads"], c["hidden_size"]
    size, eps = d // heads, c["layer_norm_eps"]
    rope = c.get("rope_parameters", {})
    turned = int(size * rope.get("partial_rotary_factor", c.get("rotary_pct", 0.25)))
    frequency = rope.get("rope_theta", c.get("rotary_emb_base", 10000)) ** (-torch.arange(0, turned, 2, dtype=torch.float64) / turned)
    angle = torch.arange(t, dtype=torch.float64)[:, None] * frequency[None]
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)

    def rotate(x):
        x, rest = x[..., :turned], x[..., turned:]
        half = torch.cat([-x[..., turned // 2:], x[..., : turned // 2]], -1)
        return torch.cat([x * cos + half * sin, rest], -1)

    def linear(x, name):
        return x @ w[name + ".weight"].T + w.get(name + ".bias", 0) + added(lora, name, x)

    x = w["gpt_neox.embed_in.weight"][torch.tensor(ids)]
    for i in range(c["num_hidden_layers"]):
        p = f"gpt_neox.layers.{i}."
        qkv = linear(norm(w, p + "input_layernorm", x, eps), p + "attention.query_key_value").view(t, heads, 3 * size).transpose(0, 1)
        q, k, v = qkv.chunk(3, -1)
        attended = linear(attend(rotate(q), rotate(k), v), p + "attention.dense")
        seen = x if c["use_parallel_residual"] else x + attended
        inner = activation(c["hidden_act"], linear(norm(w, p + "post_attention_layernorm", seen, eps), p + "mlp.dense_h_to_4h"))
        x = x + attended + linear(inner, p + "mlp.dense_4h_to_h")
    return norm(w, "gpt_neox.final_layer_norm", x, eps) @ w.get("embed_out.weight", w["gpt_neox.embed_in.weight"]).T


def gpt2_logits(c, w, ids, lora=None):
    t, heads, d, eps = len(ids), c["n_head"], c["n_embd"], c["layer_norm_epsilon"]

    def linear(x, name):
        return x @ w[name + ".weight"] + w[name + ".bias"] + added(lora, name, x)

    x = w["transformer.wte.weight"][torch.tensor(ids)] + w["transformer.wpe.weight"][:t]
    for i in range(c["n_layer"]):
        p = f"transformer.h.{i}."
        q, k, v = (part.view(t, heads, d // heads).transpose(0, 1) for part in linear(norm(w, p + "ln_1", x, eps), p + "attn.c_attn").split(d, -1))
        x = x + linear(attend(q, k, v), p + "attn.c_proj")
        x = x + linear(activation(c["activation_function"], linear(norm(w, p + "ln_2", x, eps), p + "mlp.c_fc")), p + "mlp.c_proj")
    return norm(w, "transformer.ln_f", x, eps) @ w.get("lm_head.weight", w["transformer.wte.weight"]).T


def adapter(c, shapes, targets, generator):
    result = {}
    for key, shape in shapes.items():
        name = key[: -len(".weight")]
        if not key.endswith(".weight") or name.split(".")[-1] not in targets:
            continue
        outputs, inputs = shape if c["model_type"] == "gpt_neox" else shape[::-1]
        result[f"base_model.model.{name}.lora_A.weight"] = (RANK, inputs)
        result[f"base_model.model.{name}.lora_B.weight"] = (outputs, RANK)
    return {k: (torch.randn(s, generator=generator) * 0.2).double().requires_grad_() for k, s in result.items()}


def logps(out, ids):
    return out.log_softmax(-1)[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def dump(path, value):
    with open(path, "w") as f:
        json.dump(value, f, indent=2 if "config" in path else None)


def main():
    for index, (variant, c) in enumerate(VARIANTS.items()):
        folder = os.path.join(OUT, variant)
        os.makedirs(os.path.join(folder, "adapter"), exist_ok=True)
        generator = torch.Generator().manual_seed(60 + index)
        neox = c["model_type"] == "gpt_neox"
        shapes, logits = (dict(neox_shapes(c)), neox_logits) if neox else (dict(gpt2_shapes(c)), gpt2_logits)
        stored, weights = DTYPES[c["torch_dtype"]][1], {}
        for key, shape in shapes.items():
            value = torch.randn(shape, generator=generator) * (0.3 if len(shape) == 2 else 0.2) + (1 if len(shape) == 1 and "weight" in key else 0)
            weights[key] = value.to(stored).double().requires_grad_()
        ids = torch.randint(0, c["vocab_size"], (40,), generator=generator).tolist()
        out = logits(c, weights, ids)
        plain = logps(out, ids)
        plain[9:].sum().backward()  # log-probability of the last 30 tokens, given the first 10
        dump(os.path.join(folder, "config.json"), c)
        dump(os.path.join(folder, "expected.json"), dict(
            ids=ids, prompt=10, logits=[[round(x, 7) for x in out[t].tolist()] for t in (0, 9, 25, 39)], positions=[0, 9, 25, 39], logps=[round(x, 7) for x in plain.tolist()]))
        write(os.path.join(folder, "gradients.safetensors"), {k: v.grad for k, v in weights.items()}, "float32")
        detached = {k: v.detach() for k, v in weights.items()}
        if variant == "gpt2":
            detached = {k[len("transformer."):]: v for k, v in detached.items()}
            detached.update({f"h.{i}.attn.bias": torch.ones(64, 64).tril()[None, None] for i in range(c["n_layer"])})
        if variant == "neox":
            detached.update({f"gpt_neox.layers.0.attention.{k}": v for k, v in dict(
                bias=torch.ones(128, 128).tril()[None, None], masked_bias=torch.tensor([-1e9]), **{"rotary_emb.inv_freq": torch.ones(2)}).items()})
        write(os.path.join(folder, "model.safetensors"), detached, c["torch_dtype"])

        lora = adapter(c, shapes, ADAPTED[variant], generator)
        with_lora = logps(logits(c, detach(weights), ids, lora), ids)
        with_lora[9:].sum().backward()
        dump(os.path.join(folder, "adapter", "adapter_config.json"), dict(
            peft_type="LORA", r=RANK, lora_alpha=ALPHA, target_modules=ADAPTED[variant], fan_in_fan_out=not neox, bias="none", lora_dropout=0.05, task_type="CAUSAL_LM"))
        write(os.path.join(folder, "adapter", "adapter_model.safetensors"), {k: v.detach() for k, v in lora.items()}, "float32")
        write(os.path.join(folder, "adapter_gradients.safetensors"), {k: v.grad for k, v in lora.items()}, "float32")
        dump(os.path.join(folder, "adapter_expected.json"), dict(logps=[round(x, 7) for x in with_lora.tolist()]))


def detach(weights):
    return {k: v.detach() for k, v in weights.items()}


if __name__ == "__main__":
    main()
