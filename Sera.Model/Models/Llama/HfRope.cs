using Sera.Model.Data;

namespace Sera.Model.Models.Llama;

/// <summary>The rotary fields of config.json in their old spelling (rope_theta, rope_scaling) and the new one (rope_parameters).</summary>
internal static class HfRope
{
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    /// <param name="rotarySize">Numbers of a head that are turned.</param>
    /// <param name="partial">Whether the family reads partial_rotary_factor.</param>
    /// <param name="thetaField">What the family calls rope_theta beside the rotary fields.</param>
    public static (double Theta, RopeScaling? Scaling) Read(
        JsonFields config, int positions, double defaultTheta, int rotarySize, bool partial = false, string thetaField = "rope_theta")
    {
        var scaling = config.Object("rope_parameters") ?? config.Object("rope_scaling");
        // One for each kind of layers, or one for all.
        scaling = scaling?.Object(Full) ?? scaling;
        var theta = scaling?.Has("rope_theta") == true ? Theta(scaling, "rope_theta", defaultTheta) : Theta(config, thetaField, defaultTheta);
        if (scaling is null) return (theta, null);
        if (!partial && !scaling.IsNeutral("partial_rotary_factor", "1"))
            throw new InputException(config.Where, $"partial_rotary_factor is {scaling.Raw("partial_rotary_factor")}", "1", "this policy is not supported here");
        var kind = scaling.Text("rope_type") ?? scaling.Text("type") ?? "default";
        return (theta, kind switch
        {
            "default" => null,
            "linear" => new RopeScaling(RopeScalingKind.Linear, Positive(scaling, "factor")),
            "llama3" => Llama3(scaling, positions),
            "yarn" => Yarn(scaling, positions),
            "longrope" or "su" => LongRope(scaling, config, positions, rotarySize / 2),
            // Stretches by the length of the sequence, beyond the context only, which is longer than any that is run here.
            "dynamic" => null,
            _ => throw new InputException(config.Where, $"rope scaling is '{kind}'", "default, linear, llama3, yarn, longrope or dynamic", "this policy is not supported here"),
        });
    }

    /// <summary>The base of the angles in layers that slide; null where the fields do not say it apart.</summary>
    /// <exception cref="InputException">They are stretched too.</exception>
    public static double? SlidingTheta(JsonFields config)
    {
        if (config.Object("rope_parameters")?.Object(Sliding) is not { } sliding) return null;
        return (sliding.Text("rope_type") ?? sliding.Text("type") ?? "default") == "default" && sliding.IsNeutral("partial_rotary_factor", "1")
            ? Theta(sliding, "rope_theta", Theta(config, "rope_local_base_freq", 10_000))
            : throw new InputException(config.Where, $"rope_parameters of {Sliding} are stretched or of a part", "default ones", "this policy is not supported here");
    }

    /// <exception cref="InputException">Not a number above 1.</exception>
    public static double Theta(JsonFields fields, string field, double missing)
    {
        var theta = fields.Number(field, missing);
        return theta > 1 ? theta : throw new InputException(fields.Where, $"{field} is {theta:R}", "a number above 1", "restore the file");
    }

    private static RopeScaling Llama3(JsonFields scaling, int positions)
    {
        var result = new RopeScaling(
            RopeScalingKind.Llama3, Positive(scaling, "factor"), Positive(scaling, "low_freq_factor"), Positive(scaling, "high_freq_factor"),
            scaling.Number("original_max_position_embeddings", positions));
        if (result.HighFrequencyFactor <= result.LowFrequencyFactor)
            throw new InputException(scaling.Where, $"high_freq_factor is {result.HighFrequencyFactor:R}",
                $"more than low_freq_factor, {result.LowFrequencyFactor:R}", "restore the file");
        return result;
    }

    private static RopeScaling Yarn(JsonFields scaling, int positions)
    {
        var (factor, slow, fast) = (Positive(scaling, "factor"), scaling.Number("beta_slow", 1), scaling.Number("beta_fast", 32));
        if (!(slow > 0 && fast >= slow))
            throw new InputException(scaling.Where, $"beta_fast is {fast:R} and beta_slow {slow:R}", "numbers above 0, the first not less", "restore the file");
        var magnitude = scaling.Has("attention_factor") ? scaling.Number("attention_factor")
            : scaling.Has("mscale") && scaling.Has("mscale_all_dim") ? Magnitude(scaling.Number("mscale")) / Magnitude(scaling.Number("mscale_all_dim"))
            : Magnitude(1);
        return new RopeScaling(
            RopeScalingKind.Yarn, factor, slow, fast, scaling.Number("original_max_position_embeddings", positions), magnitude, scaling.Flag("truncate", true));

        double Magnitude(double scale) => factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;
    }

    private static RopeScaling LongRope(JsonFields scaling, JsonFields config, int positions, int places)
    {
        var original = scaling.Has("original_max_position_embeddings") ? scaling.Size("original_max_position_embeddings") : config.Size("original_max_position_embeddings", positions);
        var factor = (double)positions / original;
        var factors = scaling.Numbers("short_factor");
        if (factors.Length != places || factors.Any(f => f <= 0))
            throw new InputException(scaling.Where, $"short_factor of the rope scaling has {factors.Length} numbers", $"{places} positive ones, one for every two numbers of a head", "restore the file");
        var magnitude = scaling.Has("attention_factor") ? scaling.Number("attention_factor") : factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(factor) / Math.Log(original));
        return new RopeScaling(RopeScalingKind.LongRope, factor, OriginalPositions: original, Magnitude: magnitude, Factors: factors);
    }

    private static double Positive(JsonFields fields, string field)
    {
        var value = fields.Number(field);
        return value > 0 ? value : throw new InputException(fields.Where, $"{field} of the rope scaling is {value:R}", "a positive number", "restore the file");
    }
}
