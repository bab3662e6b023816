namespace Sera.Model.Alignment.Losses;

/// <summary>
/// What the formula of a loss is written in. Training and the numbers of reports take it with its derivatives (<see cref="Dual"/>); tests take the same
/// formula on tensors, where libtorch derives it.
/// </summary>
public interface ILossNumber<T>
    where T : struct, ILossNumber<T>
{
    static abstract T operator +(T a, T b);

    static abstract T operator +(T a, double b);

    static abstract T operator -(T a, T b);

    static abstract T operator -(T a, double b);

    static abstract T operator -(T a);

    static abstract T operator *(T a, T b);

    static abstract T operator *(double a, T b);

    static abstract T operator /(T a, double b);

    /// <summary>The number without its derivatives.</summary>
    double Value { get; }

    static abstract T Exp(T x);

    /// <summary>1 / (1 + e^-x).</summary>
    static abstract T Sigmoid(T x);

    /// <summary>log sigmoid(x), without overflow.</summary>
    static abstract T LogSigmoid(T x);

    /// <summary>log(1 - e^x), x &lt; 0.</summary>
    static abstract T LogOneMinusExp(T x);

    /// <summary>max(0, x); slope 0 at 0.</summary>
    static abstract T Ramp(T x);

    /// <summary>min(x, most); slope 0 from <paramref name="most"/> on.</summary>
    static abstract T AtMost(T x, double most);
}
