use core::ffi::c_void;

use rps_plugin_abi as abi;
use rps_plugin_abi::point;
use rps_plugin_abi::status::Status;
use rps_plugin_abi::{RawValue, Sink};

use super::Registrar;
use crate::call::{Call, Value, enter};
use crate::error::Error;
use crate::json::Json;
use crate::output::Output;

/// A way to look at a value, as data: the prompt and other programs show it.
///
/// ```
/// use rps_plugin::View;
///
/// let view = View::table("a point", ["axis", "place"], [["x", "1.5"], ["y", "2"]]);
/// assert_eq!(
///     view.to_json().to_string(),
///     r#"{"title":"a point","kind":"table","columns":["axis","place"],"rows":[["x","1.5"],["y","2"]]}"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct View(Json);

/// A node of a [`View::tree`].
#[derive(Clone, Debug, PartialEq)]
pub struct TreeNode {
    /// What it shows.
    pub label: String,
    /// What is below it.
    pub children: Vec<TreeNode>,
}

impl View {
    /// Returns a view of items, one below the other.
    pub fn list<T: Into<String>>(title: impl Into<String>, items: impl IntoIterator<Item = T>) -> View {
        View::of(title, "list", [("items", strings(items))])
    }

    /// Returns a view of rows, each with as many cells as there are columns.
    pub fn table<C, R, T>(
        title: impl Into<String>,
        columns: impl IntoIterator<Item = C>,
        rows: impl IntoIterator<Item = R>,
    ) -> View
    where
        C: Into<String>,
        R: IntoIterator<Item = T>,
        T: Into<String>,
    {
        let rows = Json::Array(rows.into_iter().map(strings).collect());
        View::of(title, "table", [("columns", strings(columns)), ("rows", rows)])
    }

    /// Returns a view of nodes below nodes.
    pub fn tree(title: impl Into<String>, root: &TreeNode) -> View {
        fn node(tree: &TreeNode) -> Json {
            let children = Json::Array(tree.children.iter().map(node).collect());
            Json::object([("label", Json::from(tree.label.as_str())), ("children", children)])
        }
        View::of(title, "tree", [("root", node(root))])
    }

    /// Returns a view of a text.
    pub fn text(title: impl Into<String>, text: impl Into<String>) -> View {
        View::of(title, "text", [("text", Json::String(text.into()))])
    }

    /// Returns a view of nodes and of edges between them, by their places in `nodes`.
    pub fn graph<T: Into<String>>(
        title: impl Into<String>,
        nodes: impl IntoIterator<Item = T>,
        edges: impl IntoIterator<Item = (usize, usize)>,
    ) -> View {
        let edge = |(from, to): (usize, usize)| Json::from(vec![from as i64, to as i64]);
        let edges = Json::Array(edges.into_iter().map(edge).collect());
        View::of(title, "graph", [("nodes", strings(nodes)), ("edges", edges)])
    }

    /// Returns a view of JSON.
    pub fn json(title: impl Into<String>, value: Json) -> View {
        View::of(title, "json", [("value", value)])
    }

    /// Returns it as it crosses the ABI.
    pub fn to_json(&self) -> &Json {
        &self.0
    }

    fn of<const N: usize>(title: impl Into<String>, kind: &str, members: [(&str, Json); N]) -> View {
        let head = [("title", Json::String(title.into())), ("kind", Json::from(kind))];
        View(Json::object(head.into_iter().chain(members)))
    }
}

fn strings<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Json {
    Json::Array(items.into_iter().map(|item| Json::String(item.into())).collect())
}

impl Registrar<'_> {
    /// Registers a view of values; `None` stands for a value of which it has none.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn view<F>(&mut self, name: &str, view: F) -> Result<(), Error>
    where
        F: for<'call> Fn(&'call Call, Value<'call>) -> Result<Option<View>, Error> + Send + Sync + 'static,
    {
        let interface =
            point::View { struct_size: size_of::<point::View>() as u32, flags: 0, view: Some(run::<F>) };
        self.add(point::VIEW, name, 1, interface, view)
    }
}

unsafe extern "C" fn run<F>(
    data: *mut c_void,
    call: *mut abi::Call,
    value: RawValue,
    output: *const Sink,
) -> Status
where
    F: for<'call> Fn(&'call Call, Value<'call>) -> Result<Option<View>, Error> + Send + Sync + 'static,
{
    // SAFETY: the host hands back the data of the registration; call, value and sink are valid until this returns.
    unsafe {
        enter::<F>(data, call, |view, call| match view(call, Value::of(call, value))? {
            Some(view) => Output::of(output).write(view.to_json().to_string()),
            None => Err(Error::unsupported("it has no view of this value")),
        })
    }
}
