// What TypeScript cannot see: which element an id or a selector finds is said by the templates, and
// jQuery and Bootstrap are loaded by the page.

interface Document {
  getElementById(id: string): any;
}

interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): any;
}

declare const $: any;
declare const jQuery: any;
declare const bootstrap: any;
