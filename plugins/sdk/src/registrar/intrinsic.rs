use core::ffi::c_void;

use rps_plugin_abi::point;

use super::{Registrar, text};
use crate::error::Error;

/// A function that compiled code calls directly: `extern "C"`, of at most four numbers.
///
/// Its signature is made of its type, so that the two can not differ.
pub trait NativeFunction: Copy + Send + Sync + 'static {
    /// Returns its signature, such as `f64(f64,f64)`.
    fn signature() -> String;
    /// Returns its address.
    fn address(self) -> *const c_void;
}

/// A type that crosses into compiled code.
trait Native {
    const NAME: &'static str;
}

macro_rules! natives {
    ($($type:ty => $name:literal),* $(,)?) => {
        $(impl Native for $type {
            const NAME: &'static str = $name;
        })*
    };
}

natives!(i8 => "i8", i16 => "i16", i32 => "i32", i64 => "i64", f32 => "f32", f64 => "f64", () => "void");

macro_rules! functions {
    ($($($argument:ident)*;)*) => {
        $(
            #[allow(private_bounds, reason = "which types cross is not the author's to say")]
            impl<R, $($argument),*> NativeFunction for extern "C" fn($($argument),*) -> R
            where
                R: Native + 'static,
                $($argument: Native + 'static,)*
            {
                fn signature() -> String {
                    let arguments: &[&str] = &[$($argument::NAME),*];
                    format!("{}({})", R::NAME, arguments.join(","))
                }

                fn address(self) -> *const c_void {
                    self as *const c_void
                }
            }
        )*
    };
}

functions! {
    ;
    A;
    A B;
    A B C;
    A B C D;
}

impl Registrar<'_> {
    /// Registers native code that compiled code calls by its name, without the interpreter.
    ///
    /// ```
    /// # use rps_plugin::{Error, Registrar};
    /// extern "C" fn hypot(x: f64, y: f64) -> f64 {
    ///     x.hypot(y)
    /// }
    /// # fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    /// registrar.intrinsic("geo_fast_hypot", hypot as extern "C" fn(f64, f64) -> f64)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn intrinsic<F: NativeFunction>(&mut self, name: &str, function: F) -> Result<(), Error> {
        let interface = point::Intrinsic {
            struct_size: size_of::<point::Intrinsic>() as u32,
            flags: 0,
            signature: text(&F::signature())?,
            address: function.address(),
        };
        self.add(point::INTRINSIC, name, 1, interface, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rps_45_the_signature_is_that_of_the_type() {
        assert_eq!(<extern "C" fn(f64, i64) -> f64>::signature(), "f64(f64,i64)");
        assert_eq!(<extern "C" fn()>::signature(), "void()");
    }
}
