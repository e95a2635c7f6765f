"""What a video shows, as PyAV decodes it, which is FFmpeg."""

import io

import av


def watched(data):
    """Codec, size, length, pictures a second, how many pictures there are and how many of them stand alone, and in how many colours each
    second is, within what a codec of limited range rounds."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        rate = int(stream.average_rate)
        return {
            "format": container.format.name,
            "codec": [stream.codec_context.name, stream.codec_context.profile],
            "size": [stream.width, stream.height],
            "seconds": float(stream.duration * stream.time_base),
            "rate": rate,
            "frames": [len(frames), sum(frame.key_frame for frame in frames)],
            "colours": [colours(frame) for frame in frames[::rate]],
            "moves": frames[0].to_ndarray(format="rgb24").tobytes() != frames[-1].to_ndarray(format="rgb24").tobytes(),
            "times": [float(frame.pts * frame.time_base) for frame in frames] == [at / rate for at in range(len(frames))],
        }


def colours(frame):
    """How many colours the middles of a picture's squares have: eight from edge to edge."""
    points = frame.to_ndarray(format="rgb24")
    high, wide, _ = points.shape
    at = [(2 * step + 1) / 16 for step in range(8)]
    return len({tuple(points[int(y * high), int(x * wide)].tolist()) for x in at for y in at})
