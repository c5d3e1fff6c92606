declare const rules: { readonly forbidden: readonly object[]; readonly options: Readonly<Record<string, unknown>> };
export default rules;
