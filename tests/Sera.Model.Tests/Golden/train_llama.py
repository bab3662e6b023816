"""Golden numbers for training: DPO gradients and three AdamW steps of a small random Llama, by PyTorch alone.

    python3 train_llama.py            writes train_llama/{config.json,model.safetensors,expected.safetensors,cases.json}

Written with PyTorch 1.13.1 (CPU, float32 weights; the arithmetic here is float64, so the numbers are a reference for fp32 code).
The optimizer is torch.optim.AdamW with decay on matrices only, after torch.nn.utils.clip_grad_norm_.
"""
import json, math, os, struct
import torch
import torch.nn.functional as F

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train_llama")
C = dict(architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=16, intermediate_size=24, num_hidden_layers=2,
         num_attention_heads=4, num_key_value_heads=2, vocab_size=24, max_position_embeddings=64, rms_norm_eps=1e-5,
         rope_theta=10000.0, tie_word_embeddings=False, hidden_act="silu", torch_dtype="float32", bos_token_id=1, eos_token_id=2,
         attention_bias=False, mlp_bias=False)
BETA, DECAY, CLIP, RATES = 0.1, 0.1, 0.5, [1e-2, 7e-3, 2e-3]


def names():
    d, f, v = C["hidden_size"], C["intermediate_size"], C["vocab_size"]
    kv = d // C["num_attention_heads"] * C["num_key_value_heads"]
    yield "model.embed_tokens.weight", (v, d)
    for i in range(C["num_hidden_layers"]):
        p = f"model.layers.{i}."
        yield p + "input_layernorm.weight", (d,)
        yield p + "self_attn.q_proj.weight", (d, d)
        yield p + "self_attn.k_proj.weight", (kv, d)
        yield p + "self_attn.v_proj.weight", (kv, d)
        yield p + "self_attn.o_proj.weight", (d, d)
        yield p + "post_attention_layernorm.weight", (d,)
        yield p + "mlp.gate_proj.weight", (f, d)
        yield p + "mlp.up_proj.weight", (f, d)
        yield p + "mlp.down_proj.weight", (d, f)
    yield "model.norm.weight", (d,)
    yield "lm_head.weight", (v, d)


def rotate(x, position):
    half = x.shape[-1] // 2
    angle = position[:, None] * (C["rope_theta"] ** (-torch.arange(half, dtype=x.dtype) / half))[None]
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def norm(x, w):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + C["rms_norm_eps"]) * w


def logits(w, ids):
    t, heads, kv = len(ids), C["num_attention_heads"], C["num_key_value_heads"]
    hd = C["hidden_size"] // heads
    x, pos = w["model.embed_tokens.weight"][torch.tensor(ids)], torch.arange(t, dtype=torch.float64)
    mask = torch.full((t, t), -math.inf, dtype=torch.float64).triu(1)
    for i in range(C["num_hidden_layers"]):
        p = f"model.layers.{i}."
        h = norm(x, w[p + "input_layernorm.weight"])
        q = rotate((h @ w[p + "self_attn.q_proj.weight"].T).view(t, heads, hd).transpose(0, 1), pos)
        k = rotate((h @ w[p + "self_attn.k_proj.weight"].T).view(t, kv, hd).transpose(0, 1), pos)
        v = (h @ w[p + "self_attn.v_proj.weight"].T).view(t, kv, hd).transpose(0, 1)
        k, v = k.repeat_interleave(heads // kv, 0), v.repeat_interleave(heads // kv, 0)
        a = (q @ k.transpose(1, 2) / math.sqrt(hd) + mask).softmax(-1) @ v
        x = x + a.transpose(0, 1).reshape(t, -1) @ w[p + "self_attn.o_proj.weight"].T
        h = norm(x, w[p + "post_attention_layernorm.weight"])
        x = x + (F.silu(h @ w[p + "mlp.gate_proj.weight"].T) * (h @ w[p + "mlp.up_proj.weight"].T)) @ w[p + "mlp.down_proj.weight"].T
    return norm(x, w["model.norm.weight"]) @ w["lm_head.weight"].T


def logp(w, prompt, response):
    lp = logits(w, prompt + response).log_softmax(-1)
    return sum(lp[len(prompt) - 1 + i, token] for i, token in enumerate(response))


def save(path, tensors):
    header, at, blobs = {}, 0, []
    for name, t in tensors.items():
        blob = t.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = dict(dtype="F32", shape=list(t.shape), data_offsets=[at, at + len(blob)])
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def main():
    os.makedirs(OUT, exist_ok=True)
    g = torch.Generator().manual_seed(20260)
    init = {n: (1 + 0.1 * torch.randn(s, generator=g) if len(s) == 1 else 0.25 * torch.randn(s, generator=g)) for n, s in names()}
    w = {n: t.to(torch.float64).requires_grad_(True) for n, t in init.items()}
    pairs = [dict(id="a", prompt=[1, 5, 9], chosen=[3, 4, 2], rejected=[7, 2]),
             dict(id="b", prompt=[1, 20], chosen=[11], rejected=[12, 13, 14, 15, 16, 2]),
             dict(id="c", prompt=[1, 8, 6, 4, 2, 17, 19, 23], chosen=[10, 10, 2], rejected=[10, 22, 2])]
    with torch.no_grad():
        for k, p in enumerate(pairs):
            p["policyChosen"], p["policyRejected"] = (float(logp(w, p["prompt"], p[s])) for s in ("chosen", "rejected"))
            p["refChosen"], p["refRejected"] = round(p["policyChosen"] - 0.75 + 0.5 * k, 3), round(p["policyRejected"] + 0.25 - 0.5 * k, 3)
    out, losses, norms = {}, [], []
    optimizer = torch.optim.AdamW([dict(params=[p for p in w.values() if p.dim() > 1], weight_decay=DECAY),
                                   dict(params=[p for p in w.values() if p.dim() == 1], weight_decay=0.0)], lr=1.0)
    for step, rate in enumerate(RATES):
        margins = [logp(w, p["prompt"], p["chosen"]) - p["refChosen"] - logp(w, p["prompt"], p["rejected"]) + p["refRejected"] for p in pairs]
        loss = -F.logsigmoid(BETA * torch.stack(margins)).mean()
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            out.update({"grad." + n: p.grad.clone() for n, p in w.items()})
        norms.append(float(torch.nn.utils.clip_grad_norm_(list(w.values()), CLIP)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        losses.append(float(loss))
    out.update({"after." + n: p for n, p in w.items()})
    save(os.path.join(OUT, "model.safetensors"), init)
    save(os.path.join(OUT, "expected.safetensors"), out)
    with open(os.path.join(OUT, "config.json"), "w") as f:
        json.dump(C, f, indent=1)
    with open(os.path.join(OUT, "cases.json"), "w") as f:
        json.dump(dict(beta=BETA, weightDecay=DECAY, clipNorm=CLIP, learningRates=RATES, losses=losses, gradNorms=norms, pairs=pairs), f, indent=1)
    print(losses, norms)


if __name__ == "__main__":
    main()
