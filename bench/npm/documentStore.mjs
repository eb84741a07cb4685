// TrustVC's document store as its package ships it: ABI and creation code as JSON.
import { DocumentStore__factory as store } from "@trustvc/document-store";

console.log(JSON.stringify({ abi: store.abi, bytecode: store.bytecode }));
