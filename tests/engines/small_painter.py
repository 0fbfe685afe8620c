"""A painter small enough to be made in a test: a SavedModel with the calls of the shipped one."""


def save_model(folder, *, shift=0.0, with_codes=True, style_side=None):
    """A small painter that gives the content the style's mean colour."""
    import tensorflow as tf

    pictures = tf.TensorSpec((None, None, None, 3))
    styles = tf.TensorSpec((None, style_side, style_side, 3))

    def read(style):
        return tf.reduce_mean(style, (1, 2))

    def recolor(content, code):
        own = tf.reduce_mean(content, (1, 2), keepdims=True)
        return content - own + code[:, None, None, :] + shift

    class Painter(tf.Module):
        if with_codes:

            @tf.function(input_signature=[pictures])
            def read_style(self, style):
                return read(style)

            @tf.function(input_signature=[pictures, tf.TensorSpec((None, 3))])
            def paint(self, content, code):
                return recolor(content, code)

        @tf.function(input_signature=[pictures, styles])
        def __call__(self, content, style):
            return [recolor(content, read(style))]

    tf.saved_model.save(Painter(), str(folder))
    return folder
