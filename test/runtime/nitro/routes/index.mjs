export default () => "home";
