let focus: (() => void) | undefined;

/** Who takes the caret for the choice of the code; call what comes back once it is gone. */
export function onFocusWrapUpCode(take: () => void): () => void {
  focus = take;
  return () => {
    if (focus === take) focus = undefined;
  };
}

/** The caret goes to the choice of the code, where there is one. */
export function focusWrapUpCode(): void {
  focus?.();
}
