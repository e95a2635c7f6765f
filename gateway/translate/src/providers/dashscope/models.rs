//! Where each family of models is asked, and which sizes it has. Newer ones are all asked in one call.
//!
//! <https://www.alibabacloud.com/help/en/model-studio/text-to-image>, <https://www.alibabacloud.com/help/en/model-studio/image-edit>

/// One model, or those whose names begin so.
pub(super) struct Family {
    name: &'static str,
    pub(super) way: Way,
    pub(super) sizes: Sizes,
}

/// How a family is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By a message, in one call.
    Call,
    /// For pictures of a text, by a task.
    Task,
    /// To edit pictures by what is said of them, by a task.
    Edit,
    /// To do something to one picture that has a name, by a task.
    Function,
}

/// Which sizes a family makes.
#[derive(Clone, Copy)]
pub(super) enum Sizes {
    /// Whatever is asked for, within bounds that the service tells.
    Any,
    /// That of the picture that came.
    Followed,
    /// These, by their ratios.
    Listed(&'static [(&'static str, (u32, u32))]),
    /// At least and at most as many points as squares of these edges; else these, by their ratios.
    Points(u32, u32, &'static [(&'static str, (u32, u32))]),
}

const QWEN: &[(&str, (u32, u32))] = &[
    ("16:9", (1664, 928)),
    ("4:3", (1472, 1104)),
    ("1:1", (1328, 1328)),
    ("3:4", (1104, 1472)),
    ("9:16", (928, 1664)),
];
const WAN: &[(&str, (u32, u32))] = &[
    ("16:9", (1696, 960)),
    ("4:3", (1472, 1104)),
    ("1:1", (1280, 1280)),
    ("3:4", (1104, 1472)),
    ("9:16", (960, 1696)),
];
const OF_WAN: Sizes = Sizes::Points(1280, 1440, WAN);

const fn family(name: &'static str, way: Way, sizes: Sizes) -> Family {
    Family { name, way, sizes }
}

/// The longer names before those that they begin with.
const ALL: &[Family] = &[
    family("qwen-image-edit-", Way::Call, Sizes::Any),
    family("qwen-image-edit", Way::Call, Sizes::Followed),
    family("qwen-image-max", Way::Call, Sizes::Listed(QWEN)),
    family("qwen-image-plus", Way::Call, Sizes::Listed(QWEN)),
    family("qwen-image-", Way::Call, Sizes::Any),
    family("qwen-image", Way::Call, Sizes::Listed(QWEN)),
    family("wan2.6-t2i", Way::Call, OF_WAN),
    family("wan2.5-t2i", Way::Task, OF_WAN),
    family("wan2.2-t2i", Way::Task, Sizes::Any),
    family("wan2.5-i2i", Way::Edit, Sizes::Any),
    family("wanx2.1-imageedit", Way::Function, Sizes::Followed),
    family("wanx", Way::Task, Sizes::Any),
];

const OTHER: Family = family("", Way::Call, Sizes::Any);

/// The family of a model.
pub(super) fn find(model: &str) -> &'static Family {
    ALL.iter().find(|family| model.starts_with(family.name)).unwrap_or(&OTHER)
}

impl Sizes {
    /// The size to ask for, if any, and whether it is the one that the client wants.
    pub(super) fn of(self, asked: (u32, u32)) -> (Option<(u32, u32)>, bool) {
        let points = u64::from(asked.0) * u64::from(asked.1);
        let square = |edge: u32| u64::from(edge) * u64::from(edge);
        let list = match self {
            Self::Any => return (Some(asked), true),
            Self::Followed => return (None, false),
            Self::Points(least, most, _) if (square(least)..=square(most)).contains(&points) => {
                return (Some(asked), true);
            }
            Self::Listed(list) | Self::Points(.., list) => list,
        };
        let ratios: Vec<_> = list.iter().map(|(ratio, _)| *ratio).collect();
        let (nearest, _) = crate::images::ratio(asked, &ratios);
        let size = list.iter().find(|(ratio, _)| *ratio == nearest).map(|(_, size)| *size);
        (size, size == Some(asked))
    }
}
