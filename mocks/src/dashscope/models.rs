//! What each family of models can, as data, from the page of each: `SOURCE.md` of the document names them.

use super::{EDIT, GENERATE, SYNTHESIZE};

/// One model, or those whose names begin so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    name: &'static str,
    /// The operations that know it.
    pub(super) operations: &'static [&'static str],
    pub(super) sizes: Sizes,
    /// What is made where no size is said.
    pub(super) usual: (u32, u32),
    /// At most so many pictures a request.
    pub(super) most: u64,
    /// So many where no number is said.
    pub(super) count: u64,
    /// How many pictures come along: at least, and at most.
    pub(super) images: (usize, usize),
    /// Whether each picture is a choice of its own, and usage has a size.
    pub(super) is_by_choice: bool,
}

/// Which sizes may be asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sizes {
    /// These.
    Listed(&'static [(u32, u32)]),
    /// Those whose edges are so long.
    Edges(u32, u32),
    /// Those that have as many points as squares of these edges, and are not more than four times as wide as high, nor higher.
    Points(u32, u32),
    /// None: it follows the picture that came.
    Followed,
}

const QWEN: Rules = Rules {
    name: "qwen-image",
    operations: &[GENERATE, SYNTHESIZE],
    sizes: Sizes::Listed(&[(1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664)]),
    usual: (1664, 928),
    most: 1,
    count: 1,
    images: (0, 0),
    is_by_choice: false,
};

const QWEN_EDIT: Rules = Rules {
    name: "qwen-image-edit",
    operations: &[GENERATE],
    sizes: Sizes::Followed,
    usual: (1024, 1024),
    images: (1, 3),
    ..QWEN
};

const QWEN_EDIT_PLUS: Rules =
    Rules { name: "qwen-image-edit-plus", sizes: Sizes::Edges(512, 2048), most: 6, ..QWEN_EDIT };

const WAN: Rules = Rules {
    name: "wan2.5-t2i",
    operations: &[SYNTHESIZE],
    sizes: Sizes::Points(1280, 1440),
    usual: (1280, 1280),
    most: 4,
    count: 4,
    ..QWEN
};

/// The longer names before those that they begin with.
const ALL: &[Rules] = &[
    QWEN_EDIT_PLUS,
    Rules { name: "qwen-image-edit-max", ..QWEN_EDIT_PLUS },
    QWEN_EDIT,
    Rules {
        name: "qwen-image-2.0",
        operations: &[GENERATE],
        sizes: Sizes::Points(512, 2048),
        usual: (2048, 2048),
        most: 6,
        images: (0, 3),
        ..QWEN
    },
    Rules { name: "qwen-image-max", operations: &[GENERATE], ..QWEN },
    QWEN,
    Rules { name: "wan2.6-t2i", operations: &[GENERATE], is_by_choice: true, ..WAN },
    WAN,
    Rules { name: "wan2.2-t2i", sizes: Sizes::Edges(512, 1440), usual: (1024, 1024), ..WAN },
    Rules { name: "wan2.5-i2i", operations: &[EDIT], sizes: Sizes::Points(768, 1280), images: (1, 3), ..WAN },
    Rules {
        name: "wanx2.1-imageedit",
        operations: &[EDIT],
        sizes: Sizes::Followed,
        usual: (1024, 1024),
        count: 1,
        images: (1, 1),
        ..WAN
    },
    Rules { name: "wanx", sizes: Sizes::Edges(512, 1440), usual: (1024, 1024), ..WAN },
];

/// Those of a model, if it makes pictures.
pub(super) fn find(model: &str) -> Option<&'static Rules> {
    ALL.iter().find(|rules| model.starts_with(rules.name))
}

impl Rules {
    /// Whether this is the one that is told by a function what to do with one picture.
    pub(super) fn is_by_function(&self) -> bool {
        self.name == "wanx2.1-imageedit"
    }
}

impl Sizes {
    pub(super) fn take(self, (width, height): (u32, u32)) -> bool {
        match self {
            Self::Listed(sizes) => sizes.contains(&(width, height)),
            Self::Edges(least, most) => [width, height].iter().all(|edge| (least..=most).contains(edge)),
            Self::Points(least, most) => {
                let (width, height) = (u64::from(width), u64::from(height));
                let square = |edge: u32| u64::from(edge).pow(2);
                (square(least)..=square(most)).contains(&(width * height))
                    && width <= 4 * height
                    && height <= 4 * width
            }
            Self::Followed => true,
        }
    }
}
